import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientEvent } from '../../services/client/start.ts'
import type { ClientReport, ClientWish } from './client-process.ts'

/** A client and its local endpoint, in a process of their own. */
export interface ClientProcess extends AsyncDisposable {
  readonly authority: string
  readonly pid: number
  readonly ended: Promise<void>
}

export async function startClient(wish: ClientWish, onEvent: (event: ClientEvent) => void): Promise<ClientProcess> {
  const child = fork(fileURLToPath(new URL('client-process.ts', import.meta.url)), [JSON.stringify(wish)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const ended = once(child, 'exit').then(() => {})
  const ready = Promise.withResolvers<string>()
  child.on('message', (report: ClientReport) => {
    if (report.kind === 'ready') ready.resolve(report.authority)
    else onEvent(report.event)
  })
  child.once('exit', () => ready.reject(new Error('the client ended')))
  return {
    authority: await ready.promise,
    pid: child.pid ?? 0,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
    }
  }
}
