import { runService } from '../../runtime/process.ts'
import { readChainConfig } from './config.ts'
import { startChain } from './start.ts'

await runService('chain', (env, context) => startChain(readChainConfig(env), context))
