export interface PageLife {
  /** The page may stand still from now on, or is gone. */
  readonly asleep: () => void;
  /** It goes on. */
  readonly awake: () => void;
}

const sleeping = ['pagehide', 'freeze'] as const;
const waking = ['pageshow', 'resume'] as const;

/** Tells when the browser puts this page aside, and when it takes it up again. @returns stops telling */
export function watchPage({ asleep, awake }: PageLife): () => void {
  // `freeze` and `resume` are told to the document, the others to the window, and events rise.
  const target: EventTarget | undefined = globalThis.window;
  if (target === undefined) return () => undefined;
  const capture = { capture: true };
  for (const type of sleeping) target.addEventListener(type, asleep, capture);
  for (const type of waking) target.addEventListener(type, awake, capture);
  return () => {
    for (const type of sleeping) target.removeEventListener(type, asleep, capture);
    for (const type of waking) target.removeEventListener(type, awake, capture);
  };
}
