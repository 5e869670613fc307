import fc from 'fast-check';

/**
 * Property tests draw the same inputs in every run, so that a run fails for what was changed.
 * `MNEMESH_PROPERTY_SEED=N` draws others; `random`, new ones each time. A failure tells its seed.
 */
const PINNED = 20_261_127;

const chosen = process.env.MNEMESH_PROPERTY_SEED ?? String(PINNED);
if (chosen !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(chosen) });
