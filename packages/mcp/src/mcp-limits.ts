/** Every bound of the MCP server, with its unit and its reason. */
export const mcpLimits = {
  /** Tokens of one answer, its text and its data each. Clients warn at 10,000 and cut at 25,000. */
  answerTokens: 8_000,
  /** Tokens that `recall` spends unless told otherwise: a few paragraphs, not a context window. */
  recallTokens: 1_500,
  /** Tokens that `context` spends unless told otherwise. */
  contextTokens: 2_000,
  /** Characters of a record's text in a list; `get_memory` gives the rest. */
  listedChars: 400,
  /** Records that one list may give. */
  listed: 100,
  /** Ids that one call may name. */
  named: 50,
  /** Bytes of one message on stdin: the longest record (1 MiB) with every byte escaped, and a batch of them. */
  stdioBytes: 64 * 1024 * 1024,
  /** Bytes of one HTTP request, likewise; a stranger must not fill the memory. */
  requestBytes: 16 * 1024 * 1024,
  /** MCP sessions over HTTP at a time. Each is a process's socket to the holder of the replica. */
  httpSessions: 64,
  /** Milliseconds after which an HTTP session that nobody used is ended: clients come and go without a word. */
  httpIdleMs: 30 * 60 * 1_000,
  /** Resources that one session may subscribe to. */
  subscriptions: 200,
  /** Milliseconds in which changes of one resource become one notification. */
  notifyMs: 50,
  /** Records of each kind that the list of resources names, the newest. */
  listedResources: 20,
  /** Conflicts among which one is looked for by its id; the most that a list gives. */
  conflicts: 1_000,
  /** Messages of an inbox that are looked at. Beyond it the oldest wait until some are marked as read. */
  inboxRecords: 1_000,
  /** Characters of one message that are given. */
  messageChars: 4_000,
  /** Items, the newest, among which a review looks for those whose time is over. */
  reviewedItems: 1_000,
  /** Tasks of each state among which those that a session holds are looked for. */
  openTasks: 10_000,
  /** Ready tasks, the most urgent, of which one is claimed; others may claim, or the relay be away. */
  triedTasks: 100,
  /** Notices about one's tasks that wait for the next answer; beyond it the oldest are dropped. */
  taskNotices: 100,
  /** Writes of one call that are under way together. */
  concurrentWrites: 64,
} as const;
