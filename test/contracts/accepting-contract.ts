import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cell } from '@ton/core'
import { compileContract } from '../../contracts/compile.ts'

const SOURCE = `tolk 1.3
import "@stdlib/gas-payments"
fun onInternalMessage(_in: InMessage) {}
fun onExternalMessage(_body: slice) { acceptExternalMessage() }
`

/** The code of a contract that accepts, and pays for, every message. */
export async function acceptingCode(): Promise<Cell> {
  const folder = mkdtempSync(join(tmpdir(), 'bombyx-contract-'))
  try {
    writeFileSync(join(folder, 'Accepting.tolk'), SOURCE)
    return Cell.fromBase64((await compileContract(folder, 'Accepting')).code)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
