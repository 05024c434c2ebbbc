use crate::fixture::{open, value, zip};

const TYPES: &str = "<?xml version=\"1.0\"?><Types/>";

#[test]
fn what_a_document_splits_over_runs_is_joined() {
    let keys = [value(), value(), value()];
    let (head, tail) = keys[1].split_at(9);
    let body = format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/w\"><w:body>\
         <w:p><w:r><w:t>A &amp; B {}</w:t></w:r></w:p>\
         <w:p><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">name = </w:t></w:r>\
         <w:r><w:t>{head}</w:t></w:r><w:proofErr w:type=\"spellStart\"/>\
         <w:r><w:rPr><w:i/></w:rPr><w:t>{tail}</w:t></w:r></w:p>\
         <w:p><w:hyperlink w:tooltip=\"key is {}\"><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>\
         </w:body></w:document>",
        keys[0], keys[2]
    );
    let bytes = zip(&[
        ("[Content_Types].xml", TYPES),
        ("word/document.xml", &body),
        ("word/media/config.env", "A=B\n"),
    ]);
    let opened = open("a.docx", &bytes);
    assert_eq!(opened.places(&keys[0]), ["!word/document.xml:1"]);
    assert!(opened.texts["!word/document.xml"].contains(&format!("A & B {}", keys[0])));
    assert_eq!(opened.places(&format!("name = {}", keys[1])), ["!word/document.xml:2"]);
    assert_eq!(opened.places(&keys[2]).len(), 1);
    assert_eq!(opened.texts["!word/media/config.env"], "A=B\n");
    assert!(opened.coverage.is_complete(), "{:?}", opened.reasons());
    // Another document knows no name.
    assert_eq!(open("blob", &bytes).places(&keys[0]), ["!word/document.xml:1"]);
}

#[test]
fn sheets_are_tables() {
    let keys = [value(), value(), value(), value()];
    let strings = format!(
        "<sst><si><t>name</t></si><si><t>secret</t></si><si><r><t>{}</t></r><r><t>{}</t></r></si>\
         <si><t>a &lt; b</t></si><si><t>orphan {}</t></si></sst>",
        &keys[0][..7],
        &keys[0][7..],
        keys[3],
    );
    let sheet = format!(
        "<worksheet><sheetData>\
         <row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"s\"><v>3</v></c><c r=\"B2\" t=\"s\"><v>2</v></c></row>\
         <row r=\"500\"><c r=\"B500\" t=\"inlineStr\"><is><t>{}</t></is></c></row>\
         <row r=\"1048576\"><c r=\"XFD1048576\" t=\"str\"><f>T(\"{}\")</f><v>x</v></c></row>\
         </sheetData></worksheet>",
        keys[1], keys[2]
    );
    let bytes = zip(&[
        ("[Content_Types].xml", TYPES),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"Team &amp; keys\" sheetId=\"1\" r:id=\"rId7\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id=\"rId7\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
        ),
        ("xl/sharedStrings.xml", &strings),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    let opened = open("a.xlsx", &bytes);
    let rows = &opened.texts["!Team & keys"];
    let wanted = format!("{{\"name\":\"a < b\",\"secret\":\"{}\"}}", keys[0]);
    assert_eq!(rows.lines().nth(1), Some(wanted.as_str()));
    assert_eq!(opened.places(&keys[0]), ["!Team & keys:2"]);
    assert_eq!(opened.places(&keys[1]), ["!Team & keys:500"]);
    assert_eq!(opened.places(&keys[3]), ["!xl/sharedStrings.xml:1"]);
    assert!(opened.coverage.is_complete(), "{:?}", opened.reasons());
}

#[test]
fn open_document_texts_and_sheets() {
    let keys = [value(), value()];
    let text = format!(
        "<office:document-content><office:body><office:text><text:h>Title</text:h>\
         <text:p>key:<text:s/><text:span>{}</text:span>{}</text:p></office:text></office:body>\
         </office:document-content>",
        &keys[0][..5],
        &keys[0][5..],
    );
    let kind = "application/vnd.oasis.opendocument.text";
    let opened = open("x", &zip(&[("mimetype", kind), ("content.xml", &text)]));
    assert_eq!(
        opened.places(&format!("key: {}", keys[0])),
        ["!content.xml:2"],
        "{:?}",
        opened.texts
    );
    let sheet = format!(
        "<office:document-content><office:spreadsheet>\
         <table:table table:name=\"Env\"><table:table-row table:number-rows-repeated=\"3\">\
         <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         <table:table-row><table:table-cell office:value-type=\"string\"><text:p>NAME</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated=\"2\"/>\
         <table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048571\"><table:table-cell/></table:table-row>\
         </table:table></office:spreadsheet></office:document-content>",
        keys[1]
    );
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    let opened = open("x", &zip(&[("mimetype", kind), ("content.xml", &sheet)]));
    let wanted = format!("{{}}\n{{}}\n{{}}\n{{\"A\":\"NAME\",\"D\":\"{}\"}}\n", keys[1]);
    assert_eq!(opened.texts["!Env"], wanted);
}
