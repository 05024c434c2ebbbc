// Makes a container and puts the files of a folder into it, each request signed with the
// account's key (Shared Key).
const http = require('http'), crypto = require('crypto'), fs = require('fs'), path = require('path');
const [port, account, container, folder] = process.argv.slice(1);
const key = Buffer.from(process.env.KEY, 'base64');

function put(name, query, more, body) {
  const parts = [account, container, ...(name ? name.split('/').map(encodeURIComponent) : [])];
  const at = '/' + parts.join('/');
  const own = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2021-08-06', ...more };
  const told = Object.keys(own).sort().map((header) => `${header}:${own[header]}`).join('\n');
  const resource = `/${account}${at}` + (query ? '\nrestype:container' : '');
  const blanks = Array(8).fill('').join('\n');
  const signed = `PUT\n\n\n${body.length || ''}\n${blanks}\n${told}\n${resource}`;
  const mac = crypto.createHmac('sha256', key).update(signed).digest('base64');
  const authorization = `SharedKey ${account}:${mac}`;
  const headers = { ...own, 'content-length': body.length, authorization };
  return new Promise((done, fail) => {
    const request = http.request({ host: '127.0.0.1', port, method: 'PUT', path: at + query, headers });
    request.on('error', fail).on('response', (answer) => {
      let said = '';
      answer.on('data', (part) => (said += part));
      answer.on('end', () => (answer.statusCode < 300 ? done() : fail(new Error(said))));
    });
    request.end(body);
  });
}

(async () => {
  await put('', '?restype=container', {}, Buffer.alloc(0));
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (fs.statSync(file).isFile()) {
      await put(name, '', { 'x-ms-blob-type': 'BlockBlob' }, fs.readFileSync(file));
    }
  }
})();
