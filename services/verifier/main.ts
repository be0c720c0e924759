import { runService } from '../runtime/process.ts'
import { readVerifierConfig } from './config.ts'
import { startVerifier } from './start.ts'

await runService('verifier', (env, context) => startVerifier(readVerifierConfig(env), context))
