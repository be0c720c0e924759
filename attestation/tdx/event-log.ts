/** One measured event: what extended which register, and what the log says that was. */
export interface MeasuredEvent {
  /** 0..3: RTMR0..RTMR3. */
  readonly rtmr: number
  readonly type: number
  readonly digest: Uint8Array
  /** dstack's name of a runtime event; '' for others. */
  readonly name: string
  readonly data: Uint8Array
  /** Whether `digest` is the hash of `data` (and name). Where it is not, data is only the sender's word. */
  readonly authenticated: boolean
}

export interface EventLog {
  readonly events: readonly MeasuredEvent[]
}
