import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPython, makeVenv } from '../../infra/vllm/python.ts'
import { type EngineUnderTest, openEngineUnderTest } from './engine-under-test.ts'
import { startTestNetwork, type TestNetwork } from './network.ts'

/** Kept from run to run, so that it is fetched once. */
const PACKAGE = 'openai==3.54.0'
const FOLDER = join(homedir(), '.cache', 'bombyx', `python-${PACKAGE}`)
const PYTHON = join(FOLDER, 'bin/python')
const SCRIPT = fileURLToPath(new URL('openai_client.py', import.meta.url))
const run = promisify(execFile)

/** Why the SDK cannot be had here; undefined: it can. */
async function prepare(): Promise<string | undefined> {
  if (
    await access(PYTHON).then(
      () => importable(),
      () => false
    )
  )
    return undefined
  const python = await findPython()
  if (python === undefined) return 'no python3 from 3.11 to 3.14 with venv'
  await mkdir(FOLDER, { recursive: true })
  try {
    await makeVenv(python, FOLDER)
    const quick = ['--quiet', '--retries', '1', '--timeout', '10', '--disable-pip-version-check']
    await run(PYTHON, ['-m', 'pip', 'install', ...quick, PACKAGE], { timeout: 90_000 })
  } catch {
    return `pip could not install ${PACKAGE}`
  }
  return undefined
}

async function importable(): Promise<boolean> {
  return await run(PYTHON, ['-c', 'import openai']).then(
    () => true,
    () => false
  )
}

const missing = await prepare()

describe.skipIf(missing !== undefined)(`the official Python SDK${missing === undefined ? '' : ` (${missing})`}`, () => {
  let engine: EngineUnderTest
  let network: TestNetwork

  beforeAll(async () => {
    engine = await openEngineUnderTest()
    network = await startTestNetwork(engine)
  })

  afterAll(async () => {
    await network?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
  })

  it('gets answers, streams, responses and refusals through the local endpoint', async () => {
    const args = [SCRIPT, `${network.proxy.url}/v1`, engine.model, engine.real ? 'real' : 'demonstration']
    const { stdout } = await run(PYTHON, args, { timeout: 100_000 })
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({
      models: [engine.model],
      chat: 8,
      stream: { usage: 8, usages: 1 },
      completion: 3,
      response: 5,
      events: ['response.created', 'response.completed'],
      refusal: 400
    })
    expect(result.verdict).toContain('tee=virtual')
    if (engine.real) return
    expect(result.embeddings).toBe(2)
    expect(result.audio).toContain('(moth.wav) has 100000 bytes')
    expect(result.audio_pieces).toBeGreaterThan(10)
  })
})
