-- A session by Neovim itself, without a screen: `app.py` in this directory gives
-- a key away. What the editor does is what its user would have it do.

local function need(ok, what)
  if not ok then
    io.stdout:write("failed: " .. what .. "\n")
    vim.cmd("cquit 1")
  end
end

local function within(what, is_so)
  need(vim.wait(60000, is_so, 20), what)
end

vim.cmd("edit app.py")
local buffer = vim.api.nvim_get_current_buf()
local id = vim.lsp.start_client({
  name = "leeward",
  cmd = { vim.env.LEEWARD, "lsp" },
  root_dir = vim.fn.getcwd(),
})
need(id and vim.lsp.buf_attach_client(buffer, id), "the server is started")
local client = vim.lsp.get_client_by_id(id)

within("a mark is shown", function() return #vim.diagnostic.get(buffer) == 1 end)
local mark = vim.diagnostic.get(buffer)[1]
need(mark.source == "leeward" and mark.code == "mistral-api-key", "the mark is ours")

-- Typed in front of it, the mark moves along.
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { "# typed", "" })
within("the mark moves", function()
  local now = vim.diagnostic.get(buffer)[1]
  return now and now.lnum == mark.lnum + 2
end)
mark = vim.diagnostic.get(buffer)[1]

local function ask(method, params)
  local answer = client.request_sync(method, params, 60000, buffer)
  need(answer and not answer.err, method)
  return answer.result
end

local document = { uri = vim.uri_from_bufnr(buffer) }
local at = { line = mark.lnum, character = mark.col }
local hover = ask("textDocument/hover", { textDocument = document, position = at })
need(hover.contents.value:find("high confidence", 1, true), "the hover says why")

local actions = ask("textDocument/codeAction", {
  textDocument = document,
  range = { start = at, ["end"] = at },
  context = { diagnostics = {} },
})
need(actions[1].command.command == "leeward.fix", "a move is offered")
ask("workspace/executeCommand", actions[1].command)
within("the text is changed", function()
  local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
  return text:find('os.environ["MISTRAL_API_KEY"]', 1, true) ~= nil
end)
within("the mark is gone", function() return #vim.diagnostic.get(buffer) == 0 end)
vim.cmd("write")
vim.lsp.stop_client(id)
within("the server ends", function() return client.is_stopped() end)
io.stdout:write("a whole session\n")
vim.cmd("quitall!")
