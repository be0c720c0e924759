import { runService } from '../runtime/process.ts'
import { readLogConfig } from './config.ts'
import { startLog } from './start.ts'

await runService('log', async (env, context) => startLog(readLogConfig(env), context))
