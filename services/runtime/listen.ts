import { readFile } from 'node:fs/promises'
import type { EnvReader } from './env.ts'
import { ServiceError } from './errors.ts'

/** Paths of PEM files. With `clientCa`, callers must show a certificate of that CA. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string
}

export interface ListenConfig {
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string
  readonly tls?: TlsFiles
}

export interface TlsPems {
  readonly cert: Buffer
  readonly key: Buffer
  readonly clientCa: Buffer | undefined
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Reads BOMBYX_LISTEN, BOMBYX_TLS_CERT, BOMBYX_TLS_KEY and BOMBYX_TLS_CLIENT_CA. */
export function readListenConfig(env: EnvReader, fallback = '127.0.0.1:0'): ListenConfig {
  const [cert, key] = [env.optionalPath('BOMBYX_TLS_CERT'), env.optionalPath('BOMBYX_TLS_KEY')]
  const clientCa = env.optionalPath('BOMBYX_TLS_CLIENT_CA')
  const listen = env.text('BOMBYX_LISTEN', fallback)
  if (cert === undefined && key === undefined) return { listen }
  if (cert === undefined || key === undefined) {
    throw new ServiceError('CONFIG_INVALID', 'BOMBYX_TLS_CERT and BOMBYX_TLS_KEY go together')
  }
  return { listen, tls: clientCa === undefined ? { cert, key } : { cert, key, clientCa } }
}

/** Splits `host:port`; an IPv6 host is in brackets. */
export function parseHostPort(authority: string): HostPort {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(authority) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || port > 65_535) {
    throw new ServiceError('CONFIG_INVALID', `${JSON.stringify(authority)} is not host:port`)
  }
  return { host, port }
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only this machine can reach the host: the addresses of loopback, and the one name that means them. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Refuses to listen where others can reach without TLS. Reads the PEM files otherwise. */
export async function readListenTls(config: ListenConfig): Promise<TlsPems | undefined> {
  const { host } = parseHostPort(config.listen)
  if (config.tls !== undefined) return readPems(config.tls)
  if (isLoopback(host)) return undefined
  throw new ServiceError('CONFIG_INVALID', `${config.listen} is not loopback: TLS files are wanted to listen there`)
}

/** A server that others can reach must have tokens; undefined means that none are configured. */
export function requireTokens<Tokens>(config: ListenConfig, tokens: Tokens | undefined): Tokens | undefined {
  if (tokens !== undefined || isLoopback(parseHostPort(config.listen).host)) return tokens
  throw new ServiceError('CONFIG_INVALID', `${config.listen} is not loopback: a token file is wanted to listen there`)
}

export async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `TLS file ${path} cannot be read`, { cause })
  }
}

async function readPems(files: TlsFiles): Promise<TlsPems> {
  const [cert, key] = await Promise.all([readPem(files.cert), readPem(files.key)])
  return { cert, key, clientCa: files.clientCa === undefined ? undefined : await readPem(files.clientCa) }
}
