import { basename, dirname, join } from 'node:path'
import { sha384 } from '../../attestation/crypto.ts'
import { concatBytes, encodeUtf8 } from '../../attestation/encoding.ts'
import type { KernelFiles } from '../../services/host/kernel-files.ts'
import type { TsmPaths } from '../../services/host/tsm-collector.ts'

export const TDX_PATHS: TsmPaths = {
  reports: '/tsm/report',
  ccel: '/acpi/CCEL',
  rtmr3: '/tdx_guest/rtmr3:sha384',
  log: '/run/rtmr3.json'
}

/** A kernel of a TDX guest, as far as its files show it: reports are made by making a folder, RTMR3 grows when written. */
export class TdxKernel implements KernelFiles {
  readonly files = new Map<string, Uint8Array>()
  readonly folders = new Set<string>()
  provider = 'tdx_guest'
  /** Writes of others to a report between ours and the answer. */
  interference = 0
  /** Whether writing to RTMR3 has an effect. */
  extends = true
  hasTsm = true

  constructor() {
    this.files.set(TDX_PATHS.rtmr3, new Uint8Array(48))
    this.files.set(TDX_PATHS.ccel, encodeUtf8('ccel'))
  }

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(path)
    if (bytes === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return bytes
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    if (path === TDX_PATHS.rtmr3) this.#extend(bytes)
    else if (basename(path) === 'inblob') this.#answer(dirname(path), bytes)
    else throw Object.assign(new Error(`read-only ${path}`), { code: 'EACCES' })
  }

  async makeFolder(path: string): Promise<void> {
    if (!this.hasTsm || dirname(path) !== TDX_PATHS.reports)
      throw Object.assign(new Error('no tsm'), { code: 'ENOENT' })
    this.folders.add(path)
    this.files.set(join(path, 'provider'), encodeUtf8(`${this.provider}\n`))
    this.files.set(join(path, 'generation'), encodeUtf8('0\n'))
  }

  async removeFolder(path: string): Promise<void> {
    this.folders.delete(path)
    for (const name of ['provider', 'generation', 'outblob']) this.files.delete(join(path, name))
  }

  async store(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, bytes)
  }

  #extend(digest: Uint8Array): void {
    if (digest.byteLength !== 48) throw Object.assign(new Error('48 bytes'), { code: 'EINVAL' })
    const register = this.files.get(TDX_PATHS.rtmr3) ?? new Uint8Array(48)
    if (this.extends) this.files.set(TDX_PATHS.rtmr3, sha384(concatBytes(register, digest)))
  }

  #answer(folder: string, inblob: Uint8Array): void {
    const writes = this.interference-- > 0 ? 2 : 1
    const generation = Number(Buffer.from(this.files.get(join(folder, 'generation')) ?? []).toString()) + writes
    this.files.set(join(folder, 'generation'), encodeUtf8(`${generation}\n`))
    this.files.set(join(folder, 'outblob'), concatBytes(encodeUtf8('quote over '), inblob))
  }
}
