import { runService } from '../runtime/process.ts'
import { readHostConfig } from './config.ts'
import { startHost } from './start.ts'

const stop = new AbortController()
for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, () => stop.abort())

await runService('host', (env, context) => startHost(readHostConfig(env), { ...context, signal: stop.signal }))
