import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Address, internal } from '@ton/core'
import { onTestFinished } from 'vitest'
import type { LocalChain } from '../../../contracts/local-chain/local-chain.ts'
import { type LocalChainService, startLocalChain } from '../../../contracts/local-chain/start.ts'

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bombyx-chain-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A chain that serves on a free port and makes empty blocks only when told to. */
export async function startTestChain(folder = temporaryFolder()): Promise<LocalChainService> {
  const service = await startLocalChain(
    { folder, listen: { host: '127.0.0.1', port: 0 }, blockIntervalMs: 3_600_000 },
    {
      now: () => new Date(),
      onFailure: (error) => {
        throw error
      }
    }
  )
  onTestFinished(() => service[Symbol.asyncDispose]())
  return service
}

export const addressOf = (name: string): Address => new Address(0, createHash('sha256').update(name).digest())

/** The BoC of a payment by the faucet. */
export function faucetPayment({ faucet }: LocalChain, seqno: number, to: Address, value = '1'): Uint8Array {
  const messages = [internal({ to, value, bounce: false })]
  return faucet.transfer({ seqno, validUntil: Math.floor(Date.now() / 1000) + 600, messages })
}
