"""A session by pygls, a client of others: every answer goes through its types.

Run in a directory with `app.py`, which gives a key away; the argument is the
command. It edits the file as an editor would.
"""

import ast
import asyncio
import pathlib
import sys

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 60


def position(text, line, character):
    """The offset of a position, in a text that is ASCII."""
    lines = text.splitlines(keepends=True)
    return sum(len(it) for it in lines[:line]) + character


async def main():
    client = LanguageClient("session", "1")
    marks = asyncio.Queue()
    file = pathlib.Path("app.py").resolve()
    text = file.read_text()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams):
        marks.put_nowait(params)

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams):
        nonlocal text
        (change,) = params.edit.document_changes
        assert change.text_document.uri == file.as_uri()
        backwards = sorted(
            change.edits,
            key=lambda it: (it.range.start.line, it.range.start.character),
            reverse=True,
        )
        for edit in backwards:
            start = position(text, edit.range.start.line, edit.range.start.character)
            end = position(text, edit.range.end.line, edit.range.end.character)
            text = text[:start] + edit.new_text + text[end:]
        file.write_text(text)
        return types.ApplyWorkspaceEditResult(applied=True)

    await client.start_io(sys.argv[1], "lsp")
    literals = types.ClientCodeActionLiteralOptions(
        code_action_kind=types.ClientCodeActionKindOptions(value_set=["quickfix"])
    )
    capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(code_action_literal_support=literals),
        ),
    )
    root = types.WorkspaceFolder(uri=file.parent.as_uri(), name="work")
    answer = await client.initialize_async(
        types.InitializeParams(capabilities=capabilities, workspace_folders=[root])
    )
    assert answer.server_info.name == "leeward"
    assert answer.capabilities.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    client.initialized(types.InitializedParams())
    item = types.TextDocumentItem(file.as_uri(), "python", 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    shown = await asyncio.wait_for(marks.get(), PATIENCE)
    (mark,) = shown.diagnostics
    assert mark.source == "leeward" and mark.code_description.href.startswith("https://")
    document = types.TextDocumentIdentifier(file.as_uri())
    hover = await client.text_document_hover_async(
        types.HoverParams(document, mark.range.start)
    )
    assert "high confidence" in hover.contents.value
    context = types.CodeActionContext(diagnostics=[mark])
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(document, mark.range, context)
    )
    # lsprotocol 2025.0.0 takes an action that has a command for a command, and what is in the
    # command for its name.
    command = actions[0].command
    if isinstance(command, str):
        command = types.Command(**ast.literal_eval(command))
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, command.arguments)
    )
    for _ in range(PATIENCE * 10):
        if "os.environ" in text:
            break
        await asyncio.sleep(0.1)
    whole = types.TextDocumentContentChangeWholeDocument(text)
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(2, file.as_uri()), [whole]
        )
    )
    shown = await asyncio.wait_for(marks.get(), PATIENCE)
    # What was marked before the change may come first.
    while shown.diagnostics:
        shown = await asyncio.wait_for(marks.get(), PATIENCE)
    await client.shutdown_async(None)
    client.exit(None)
    print("a whole session")


asyncio.run(main())
