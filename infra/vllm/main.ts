import { vllmHome } from './home.ts'
import { installVllm } from './install.ts'
import { SERVED_MODEL, serveVllm } from './serve.ts'

/** `npm run vllm`: a real engine on loopback until Ctrl-C, for `VLLM_URL`. */

const tell = (text: string): void => void process.stderr.write(`${text}\n`)
const stopped = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.resolve())

try {
  const installation = await installVllm(vllmHome(process.env.BOMBYX_VLLM_HOME), tell)
  const prefixCaching = process.env.BOMBYX_VLLM_PREFIX_CACHING !== 'false'
  await using server = await serveVllm(installation, {
    port: Number(process.env.BOMBYX_VLLM_PORT ?? 8000),
    prefixCaching
  })
  tell(`VLLM_URL=${server.url} npm start -- --model ${SERVED_MODEL}`)
  await Promise.race([stopped.promise, server.ended])
} catch (error) {
  tell(`vLLM does not run here: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
