import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Address } from '@ton/core'
import { TonClient } from '@ton/ton'
import { expect, onTestFinished, test } from 'vitest'
import { bombyx } from './run.ts'

const MAIN = fileURLToPath(new URL('../../../services/cli/main.ts', import.meta.url))

interface Up extends AsyncDisposable {
  readonly endpoint: string
  readonly networkId: number
  readonly faucet: string
}

/** `bombyx chain up` in a process of its own, until it has said what it is. */
async function chainUp(data: string): Promise<Up> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    MAIN,
    'chain',
    'up',
    '--data',
    data,
    '--listen',
    '127.0.0.1:0',
    '--json'
  ]
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const part of child.stdout) {
    text += part
    if (text.includes('}')) break
  }
  const [ended, stop] = [once(child, 'exit'), () => child.kill('SIGINT')]
  return {
    ...JSON.parse(text),
    [Symbol.asyncDispose]: async () => {
      stop()
      expect(await ended).toEqual([0, null])
    }
  }
}

test('bombyx chain up says what it is, serves any TonClient, and goes on where it was', async () => {
  const data = mkdtempSync(join(tmpdir(), 'bombyx-chain-up-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  let seqno: number
  {
    await using up = await chainUp(data)
    expect(up).toMatchObject({ network: 'local', networkId: -4242 })
    const client = new TonClient({ endpoint: up.endpoint })
    expect(await client.getBalance(Address.parse(up.faucet))).toBe(10n ** 15n)
    seqno = (await client.getMasterchainInfo()).latestSeqno
    const second = await bombyx(['chain', 'up', '--data', data, '--listen', '127.0.0.1:0'])
    expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining('DATA_FOLDER_IN_USE') })
  }
  expect(readFileSync(join(data, 'faucet.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
  await using again = await chainUp(data)
  const info = await new TonClient({ endpoint: again.endpoint }).getMasterchainInfo()
  expect(info.latestSeqno).toBeGreaterThanOrEqual(seqno)
})

test('bombyx chain up refuses an address that others can reach', async () => {
  const data = mkdtempSync(join(tmpdir(), 'bombyx-chain-up-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const open = await bombyx(['chain', 'up', '--data', data, '--listen', '0.0.0.0:0'])
  expect(open).toMatchObject({ status: 1, stderr: expect.stringContaining('CONFIG_INVALID') })
})
