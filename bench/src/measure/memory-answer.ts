export interface MemoryAnswer {
  /** Heap and external memory after a forced collection. */
  readonly liveMb: number;
  readonly timers: number;
  readonly sockets: number;
}
