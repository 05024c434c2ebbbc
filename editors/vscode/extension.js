// Starts `leeward lsp` and leaves everything else to it. What is marked, shown
// and offered is the server's; here is only which program is run, and when.

const vscode = require("vscode");
const { LanguageClient, State } = require("vscode-languageclient/node");

/** @type {import("vscode-languageclient/node").LanguageClient | undefined} */
let client;

/** One start or stop at a time. @type {Promise<void>} */
let turn = Promise.resolve();

/** @param {import("vscode").ExtensionContext} context */
exports.activate = function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("leeward.restart", () => next(restart)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const ours = ["enable", "path", "confidence"].map((name) => `leeward.${name}`);
      if (ours.some((name) => event.affectsConfiguration(name))) {
        next(restart);
      }
    }),
  );
  return next(start);
};

exports.deactivate = function deactivate() {
  return next(stop);
};

/** @param {() => Promise<void>} what */
function next(what) {
  turn = turn.then(what, what);
  return turn;
}

async function restart() {
  await stop();
  await start();
}

async function start() {
  const settings = vscode.workspace.getConfiguration("leeward");
  if (!settings.get("enable", true)) {
    return;
  }
  // The user's own word: the setting has a scope that a workspace cannot write to.
  const command = settings.get("path", "leeward");
  const confidence = settings.get("confidence", "medium");
  const run = { command, args: ["lsp", "--confidence", confidence] };
  client = new LanguageClient("leeward", "Leeward", run, {
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const why = error instanceof Error ? error.message : String(error);
    const open = "Open the setting";
    const said = `Leeward: \`${command}\` cannot be started: ${why}`;
    // Nobody waits for the answer: it may never come.
    vscode.window.showErrorMessage(said, open).then((answer) => {
      if (answer === open) {
        vscode.commands.executeCommand("workbench.action.openSettings", "leeward.path");
      }
    });
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running && running.state !== State.Stopped) {
    await running.stop();
  }
}
