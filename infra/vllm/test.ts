import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { vllmHome } from './home.ts'
import { installVllm } from './install.ts'
import { serveVllm, type VllmServer } from './serve.ts'

/**
 * `npm run test:vllm`: the end-to-end suite against `VLLM_URL`, or against a vLLM that is installed and started for it.
 * Where neither can be had it says why and ends with 0; with `BOMBYX_VLLM_REQUIRED=true`, with 1.
 */

const SUITE = ['test/e2e/surface.test.ts', 'test/e2e/python.test.ts']
const tell = (text: string): void => void process.stderr.write(`${text}\n`)

const given = process.env.VLLM_URL
if (given !== undefined) process.exitCode = await runSuite(given)
else await withOwnEngine()

async function withOwnEngine(): Promise<void> {
  let server: VllmServer
  try {
    const installation = await installVllm(vllmHome(process.env.BOMBYX_VLLM_HOME), tell)
    tell('starting vLLM')
    server = await serveVllm(installation, { port: 0, prefixCaching: true })
  } catch (error) {
    tell(`not run: ${error instanceof Error ? error.message : String(error)}. Set VLLM_URL to an engine that runs.`)
    process.exitCode = process.env.BOMBYX_VLLM_REQUIRED === 'true' ? 1 : 0
    return
  }
  await using _ = server
  process.exitCode = await runSuite(server.url)
}

async function runSuite(url: string): Promise<number> {
  const env = { ...process.env, VLLM_URL: url }
  const child = spawn('vitest', ['run', '--project', 'e2e', ...SUITE], { stdio: 'inherit', env })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
