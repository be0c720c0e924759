import { runService } from '../runtime/process.ts'
import { readRegistryConfig } from './config.ts'
import { startRegistry } from './start.ts'

await runService('registry', (env, context) => startRegistry(readRegistryConfig(env), context))
