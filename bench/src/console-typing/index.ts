export { runConsoleTyping } from './run-console-typing.js';
