/** Whether this page leads still: nothing that was sent to it is acted on before it is known. */
export interface Gate {
  readonly isCertain: boolean;
  /** @returns false when it does not lead any more */
  check(): Promise<boolean>;
}

/**
 * Lets messages through to what listens from now on once the gate knows that this page leads; those that came
 * meanwhile follow in their order. Where it does not lead they are dropped.
 * @param lost called then, once
 */
export function gateMessages(target: EventTarget, gate: Gate, lost: () => void): void {
  const waiting: unknown[] = [];
  let isChecking = false;
  let isPassing = false;
  let isLost = false;
  const checked = (leads: boolean): void => {
    isChecking = false;
    const messages = waiting.splice(0);
    if (leads) {
      isPassing = true;
      for (const data of messages) target.dispatchEvent(new MessageEvent('message', { data }));
      isPassing = false;
    } else if (!isLost) {
      isLost = true;
      lost();
    }
  };
  target.addEventListener('message', (event) => {
    if (isPassing || (!isChecking && !isLost && gate.isCertain)) return;
    event.stopImmediatePropagation();
    if (isLost) return;
    waiting.push((event as MessageEvent).data);
    if (isChecking) return;
    isChecking = true;
    gate.check().then(checked, () => checked(false));
  });
}
