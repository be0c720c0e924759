import { runService } from '../runtime/process.ts'
import { readProxyConfig } from './config.ts'
import { startProxy } from './start.ts'

await runService('proxy', async (env, { now, logger }) => startProxy(await readProxyConfig(env), { now, logger }))
