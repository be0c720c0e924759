import { runService } from '../runtime/process.ts'
import { readMarketConfig } from './config.ts'
import { startMarket } from './start.ts'

await runService('market', (env, context) => startMarket(readMarketConfig(env), context))
