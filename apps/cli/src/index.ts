// What people install: the library is open-mesh's, the command is beside it.
export * from '@mnemesh/open-mesh';
export { importLocomo, type LocomoReport } from './locomo/import-locomo.js';
