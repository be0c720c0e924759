/** A relay's first frame to whoever dialled it. */
export interface RelayLinkHello {
  /** 32 bytes. */
  readonly nonce: Uint8Array
  /** Most streams that the other side may have open. */
  readonly mostStreams: number
  /** Most bytes of a batch, at most 65536. */
  readonly mostBatchBytes: number
}

/** A host's answer to it. */
export interface HostLinkHello {
  /** The keyset's digest. */
  readonly digest: Uint8Array
  readonly signature: Uint8Array
}

export function encodeRelayLinkHello(hello: RelayLinkHello): Uint8Array {
  throw new TypeError(`not yet ${hello.mostStreams}`)
}

export function parseRelayLinkHello(payload: Uint8Array): RelayLinkHello {
  throw new TypeError(`not yet ${payload}`)
}

export function encodeHostLinkHello(hello: HostLinkHello): Uint8Array {
  throw new TypeError(`not yet ${hello.digest}`)
}

export function parseHostLinkHello(payload: Uint8Array): HostLinkHello {
  throw new TypeError(`not yet ${payload}`)
}

/** A client's answer to it: its credential, which may be empty. */
export function encodeClientLinkHello(credential: Uint8Array): Uint8Array {
  throw new TypeError(`not yet ${credential}`)
}

export function parseClientLinkHello(payload: Uint8Array): Uint8Array {
  throw new TypeError(`not yet ${payload}`)
}

/** What a host signs with its session key; `authority` is the relay's as the host dialled it. */
export function linkHelloMessage(authority: string, digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  throw new TypeError(`not yet ${authority} ${digest} ${nonce}`)
}
