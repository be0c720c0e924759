/** What a platform's microcode and modules are at, as its PCK certificate and its TD reports say it. */
export interface VirtualTcb {
  /** 16 SVNs, one byte each. */
  readonly sgxComponents: Uint8Array
  readonly pceSvn: number
  /** 16 bytes: `[0]` is the TDX module's ISVSVN, `[1]` its major version, the rest are components. */
  readonly teeTcbSvn: Uint8Array
  /** The same of what runs now, which may be newer than what the TD was launched on; TD 1.5 reports it. */
  readonly teeTcbSvn2: Uint8Array
}

/** Meets the first TCB level of virtual TCB info, and of the identity of module 1. */
export const CURRENT_TCB: VirtualTcb = {
  sgxComponents: components(3, 3, 2, 2, 4, 1, 0, 5),
  pceSvn: 13,
  teeTcbSvn: components(6, 1, 3),
  teeTcbSvn2: components(6, 1, 3)
}

/** Meets only the `OutOfDate` level: older microcode, the same module. */
export const OLD_TCB: VirtualTcb = {
  sgxComponents: components(2, 2, 2, 2, 3, 1, 0, 5),
  pceSvn: 13,
  teeTcbSvn: components(6, 1, 2),
  teeTcbSvn2: components(6, 1, 2)
}

/** Meets only the `Revoked` level. */
export const REVOKED_TCB: VirtualTcb = {
  sgxComponents: components(1, 1, 1, 1, 1, 1, 0, 1),
  pceSvn: 5,
  teeTcbSvn: components(6, 1, 1),
  teeTcbSvn2: components(6, 1, 1)
}

/** Meets no level at all. */
export const UNLISTED_TCB: VirtualTcb = {
  sgxComponents: components(0),
  pceSvn: 1,
  teeTcbSvn: components(6, 1, 0),
  teeTcbSvn2: components(6, 1, 0)
}

/** Sixteen SVNs, the first as given and the rest zero. */
export function components(...svns: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.set(svns)
  return bytes
}
