import type { RecordId } from '@mnemesh/protocol';
import type { Claim } from '../processes/messages.js';

/** What somebody holds of the records that claims speak of. */
export interface Holding {
  /** Undefined where there is no such record, or it was forgotten. */
  content(id: RecordId): string | undefined;
  /** Title of a task. */
  title(id: RecordId): string | undefined;
}

/** All that must be there, wherever one looks, because a write of it has resolved. */
export class Claims {
  readonly #contents = new Map<RecordId, string>();
  readonly #turns = new Map<RecordId, number>();
  readonly #released = new Set<RecordId>();
  readonly #forgotten = new Set<RecordId>();
  #made = 0;

  /** Claims made so far. */
  get made(): number {
    return this.#made;
  }

  /** What is claimed now, each record once. */
  get standing(): readonly Claim[] {
    return [
      ...[...this.#contents].map(([id, content]) => ({ kind: 'content', id, content }) as const),
      ...[...this.#turns].map(([id, turn]) => ({ kind: 'turn', id, turn }) as const),
      ...[...this.#forgotten].map((id) => ({ kind: 'forgotten', id }) as const),
    ];
  }

  /** Those of earlier claims that still stand: a record may have been let go since. */
  stillStanding(claims: readonly Claim[]): readonly Claim[] {
    return claims.filter(({ kind, id }) => kind !== 'content' || !this.#released.has(id));
  }

  add(claims: readonly Claim[]): void {
    for (const claim of claims) this.#add(claim);
  }

  #add(claim: Claim): void {
    switch (claim.kind) {
      case 'content':
        // Its ack may be told after somebody began to forget it.
        if (!this.#released.has(claim.id)) this.#contents.set(claim.id, claim.content);
        break;
      case 'turn':
        this.#turns.set(claim.id, Math.max(claim.turn, this.#turns.get(claim.id) ?? 0));
        break;
      case 'released':
        this.#released.add(claim.id);
        this.#contents.delete(claim.id);
        return;
      case 'forgotten':
        this.#forgotten.add(claim.id);
        break;
    }
    this.#made++;
  }
}

/** The claims that do not hold. */
export function broken(claims: readonly Claim[], holding: Holding): readonly Claim[] {
  return claims.filter((claim) => !holds(claim, holding));
}

export function turnOf(title: string): number {
  return Number(title.replace('turn ', ''));
}

export function holds(claim: Claim, holding: Holding): boolean {
  switch (claim.kind) {
    case 'content':
      return holding.content(claim.id) === claim.content;
    case 'turn':
      return turnOf(holding.title(claim.id) ?? 'turn -1') >= claim.turn;
    case 'forgotten':
      return holding.content(claim.id) === undefined;
    case 'released':
      return true;
  }
}

/** For a failure's message: what was claimed, and what there is. */
export function describeBroken(claims: readonly Claim[], holding: Holding): readonly string[] {
  return claims.map((claim) => {
    const there = holding.content(claim.id) ?? holding.title(claim.id) ?? 'nothing';
    const said = 'content' in claim ? claim.content : 'turn' in claim ? claim.turn : '';
    return `${claim.id}: ${claim.kind} ${String(said).slice(0, 40)}, there is ${there.slice(0, 40)}`;
  });
}
