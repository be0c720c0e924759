import { runService } from '../../runtime/process.ts'
import { readEngineConfig } from './config.ts'
import { startEngine } from './start.ts'

await runService('engine', async (env, context) => startEngine(readEngineConfig(env), context))
