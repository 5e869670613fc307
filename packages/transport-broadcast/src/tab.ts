import { localChannels, type OpenChannel } from '@mnemesh/holder';
import { hasCode, MnemeshError, type Runtime, toHex } from '@mnemesh/protocol';
import type { Gate } from './gate.js';
import { pageId, prepareKnock } from './knock.js';
import { parseCall } from './packets.js';
import { watchPage } from './page-life.js';
import { beingPatient, TabChannel } from './tab-channel.js';
import { type TabLimits, tabLimits } from './tab-limits.js';
import { type Leading, leaderOf, Turn } from './turn.js';

export interface TabOptions {
  /** Of what the tabs share, the same in each: `mnemesh/team`. */
  readonly name: string;
  /**
   * Opens it in this tab, which leads from now on. Called once for each time that it leads.
   * @param gate for what comes in otherwise than from other tabs
   */
  readonly lead: (gate: Gate) => Promise<Leading>;
  readonly runtime: Runtime;
  readonly limits?: Partial<TabLimits>;
  /** The browser's own by default. */
  readonly locks?: LockManager;
}

interface Candidacy {
  readonly abort: AbortController;
}

/**
 * One of several tabs of a site that share what only one can have open. One tab leads: it has the lock. The
 * others wait for that lock, and reach the one that leads over a channel each. Whoever leads and shows no sign
 * of life loses the lock to the first who asks it something.
 */
export class Tab {
  readonly #options: TabOptions;
  readonly #limits: TabLimits;
  readonly #locks: LockManager;
  readonly #calls: BroadcastChannel;
  readonly #page: Promise<string>;
  readonly #stopWatching: () => void;
  readonly #endings = new Set<Promise<void>>();
  #turn: Turn | undefined;
  #candidacy: Candidacy | undefined;
  /** To whoever leads, when that is another. */
  #channel: { readonly channel: TabChannel; readonly leader: string } | undefined;
  #isAsleep = false;
  #changed: () => void = () => undefined;
  #change = this.#nextChange();
  #closing: Promise<void> | undefined;

  /** @throws MnemeshError `store_failed` where the browser has no locks */
  constructor(options: TabOptions) {
    this.#options = options;
    this.#limits = { ...tabLimits, ...options.limits };
    const locks: LockManager | undefined = options.locks ?? globalThis.navigator?.locks;
    if (locks === undefined) {
      throw new MnemeshError(
        'store_failed',
        'A mesh can only be opened in a secure page. Serve this one over HTTPS, or from localhost.',
      );
    }
    this.#locks = locks;
    this.#page = pageId(locks, this.#freshName());
    this.#page.catch(noted);
    this.#calls = new BroadcastChannel(options.name);
    this.#calls.onmessage = ({ data }) => this.#heard(data);
    this.#stopWatching = watchPage({ asleep: () => this.#sleep(), awake: () => this.wake() });
  }

  /** Does this tab lead? */
  get leads(): boolean {
    return this.#turn !== undefined;
  }

  /**
   * A channel to whoever leads, which may become this tab.
   * @throws what opening does, if this tab is to lead; MnemeshError `closed`
   */
  async reach(): Promise<OpenChannel> {
    for (;;) {
      if (this.#closing !== undefined) throw closedError();
      const change = this.#change;
      if (this.#turn?.isLeaving) {
        await this.#turn.ended;
      } else if (this.#turn !== undefined) {
        const open = await this.#reachSelf(this.#turn);
        if (open !== undefined) return open;
      } else if (this.#isAsleep) {
        await change;
      } else {
        this.#stand();
        const open = await this.#knock(change);
        if (open !== undefined) return open;
      }
    }
  }

  /** Gives the lead up, if this tab has it, as when what it has open failed. */
  async resign(): Promise<void> {
    await this.#turn?.close();
  }

  /** The page goes on after it was put aside. */
  wake(): void {
    if (!this.#isAsleep) return;
    this.#isAsleep = false;
    this.#tellChange();
  }

  /** Idempotent. Whoever is the next leads once everything is closed here. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopWatching();
    this.#withdraw();
    this.#tellChange();
    this.#channel?.channel.destroy();
    await this.#turn?.close();
    await Promise.all(this.#endings);
    this.#calls.close();
  }

  async #reachSelf(turn: Turn): Promise<OpenChannel | undefined> {
    const leading = await turn.leading.catch(unlessTaken);
    if (leading === undefined) await turn.ended;
    if (leading === undefined || turn.isOver) return undefined;
    const [near, far] = localChannels();
    return (options) => {
      const channel = near(options);
      if (leading.accept(far)) turn.keep(channel);
      else queueMicrotask(() => channel.destroy());
      return channel;
    };
  }

  /** Waits for the lead, or takes it. */
  #stand({ steal = false } = {}): void {
    if (this.#turn !== undefined || this.#closing !== undefined || this.#isAsleep) return;
    if (this.#candidacy !== undefined && !steal) return;
    this.#withdraw();
    const candidacy: Candidacy = { abort: new AbortController() };
    this.#candidacy = candidacy;
    const options: LockOptions = steal ? { steal } : { signal: candidacy.abort.signal };
    let turn: Turn | undefined;
    const ending = this.#page
      .then((page) =>
        this.#locks.request(this.#options.name, options, () => {
          turn = this.#begin(candidacy, page);
          return turn?.ended;
        }),
      )
      .catch((error: unknown) => this.#lost(turn, candidacy, error));
    this.#keep(ending.then(noted));
  }

  #withdraw(): void {
    const candidacy = this.#candidacy;
    this.#candidacy = undefined;
    candidacy?.abort.abort();
  }

  #begin(candidacy: Candidacy, page: string): Turn | undefined {
    if (this.#candidacy !== candidacy) return undefined;
    this.#candidacy = undefined;
    const { name, lead, runtime } = this.#options;
    const parts = { locks: this.#locks, name, page, runtime, limits: this.#limits, lead };
    const turn = new Turn(parts);
    this.#turn = turn;
    turn.leading.catch(() => this.#keep(turn.drop()));
    turn.ended.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
      this.#tellChange();
    }, noted);
    this.#channel?.channel.destroy();
    this.#calls.postMessage({ type: 'leads', leader: page });
    this.#tellChange();
    return turn;
  }

  /** Somebody took the lock, or this tab gave up waiting for it. */
  #lost(turn: Turn | undefined, candidacy: Candidacy, error: unknown): void {
    if (this.#candidacy === candidacy) this.#candidacy = undefined;
    if (turn === undefined) return;
    this.#options.runtime.log('warn', 'another tab took the lead', { error: String(error) });
    this.#keep(turn.drop());
  }

  async #knock(change: Promise<void>): Promise<OpenChannel | undefined> {
    const name = this.#freshName();
    const [before, knocker] = await Promise.all([
      leaderOf(this.#locks, this.#options.name),
      prepareKnock(this.#locks, name),
    ]);
    const knock = (): void => this.#calls.postMessage({ type: 'knock', channel: name });
    const silence = this.#patience(knock);
    knock();
    const leader = await Promise.race([knocker.opened, silence.ended, change]);
    silence.cancel();
    if (leader !== undefined && this.#mayJoin) return this.#joined(knocker, leader);
    knocker.wire.postMessage({ type: 'bye' });
    knocker.wire.close();
    knocker.release();
    if (silence.isOver) await this.#suspect(before);
    return undefined;
  }

  get #mayJoin(): boolean {
    return this.#turn === undefined && !this.#isAsleep && this.#closing === undefined;
  }

  #joined(knocker: Awaited<ReturnType<typeof prepareKnock>>, leader: string): OpenChannel {
    const channel = new TabChannel({
      wire: knocker.wire,
      limits: this.#limits,
      runtime: this.#options.runtime,
      onSilent: () => this.#keep(this.#suspect(leader, channel)),
      onEnd: () => {
        knocker.release();
        if (this.#channel?.channel === channel) this.#channel = undefined;
      },
    });
    this.#channel?.channel.destroy();
    this.#channel = { channel, leader };
    return channel.open;
  }

  /** Takes the lead from whoever shows no sign of life, if it has it still. */
  async #suspect(leader: string | undefined, channel?: TabChannel): Promise<void> {
    if (!this.#mayJoin) return;
    const [now, page] = await Promise.all([leaderOf(this.#locks, this.#options.name), this.#page]);
    // While the browser was asked, a sign may have come.
    if (channel !== undefined && !channel.isAsking) return;
    if (now !== undefined && now === leader && now !== page && this.#mayJoin) {
      this.#options.runtime.log('warn', 'the tab that leads does not answer; this one takes over');
      this.#stand({ steal: true });
    }
    channel?.destroy();
  }

  #patience(again: () => void) {
    let end = (): void => undefined;
    const state = {
      isOver: false,
      ended: new Promise<undefined>((resolve) => {
        end = () => resolve(undefined);
      }),
      cancel: (): void => undefined,
    };
    state.cancel = beingPatient(this.#options.runtime, this.#limits, {
      again,
      silent: () => {
        state.isOver = true;
        end();
      },
    });
    return state;
  }

  #heard(data: unknown): void {
    const call = parseCall(data);
    if (call?.type === 'knock') {
      if (this.#turn !== undefined) this.#keep(this.#turn.admit(call.channel));
    } else if (call?.type === 'leads' && this.#turn === undefined) {
      if (this.#channel?.leader !== call.leader) this.#channel?.channel.destroy();
      this.#tellChange();
    }
  }

  /** The browser may stop this page any moment: nobody is to wait for it. */
  #sleep(): void {
    if (this.#closing !== undefined) return;
    this.#isAsleep = true;
    this.#withdraw();
    this.#channel?.channel.destroy();
    if (this.#turn !== undefined) this.#keep(this.#turn.drop());
  }

  /** Closing waits for it. */
  #keep(ending: Promise<void>): void {
    const kept: Promise<void> = ending.catch(noted).finally(() => this.#endings.delete(kept));
    this.#endings.add(kept);
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  #tellChange(): void {
    const changed = this.#changed;
    this.#change = this.#nextChange();
    changed();
  }

  #freshName(): string {
    return `${this.#options.name}/${toHex(this.#options.runtime.randomBytes(8))}`;
  }
}

function closedError(): MnemeshError {
  return new MnemeshError('closed', 'This mesh is closed. Open it again.');
}

/** Another tab was faster: it leads. */
function unlessTaken(error: unknown): undefined {
  if (!hasCode(error, 'store_in_use')) throw error;
}

/** Whoever asked was told. */
function noted(): void {}
