import { runService } from '../runtime/process.ts'
import { readRelayConfig } from './config.ts'
import { startRelay } from './start.ts'

await runService('relay', (env, context) => startRelay(readRelayConfig(env), context))
