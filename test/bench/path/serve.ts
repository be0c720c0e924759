import type { AddressInfo, Server } from 'node:net'

/** Listens on a free port of loopback, tells the parent process, and ends with it. */
export function serve(name: string, server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    reportReady(name, `127.0.0.1:${port}`)
  })
}

/** What `startProcess` of services/runtime waits for. */
export function reportReady(name: string, authority: string): void {
  process.send?.({ kind: 'ready', name, authority, details: {} })
  process.once('disconnect', () => process.exit(0))
  process.once('SIGTERM', () => process.exit(0))
}

/** A setting that the parent gives. */
export function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new TypeError(`${name} is wanted`)
  return value
}
