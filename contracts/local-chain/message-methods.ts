import { beginCell, external, loadMessage, loadTransaction, storeMessage } from '@ton/core'
import { ContractError } from '../errors.ts'
import { normalizedMessageHash } from '../message.ts'
import { parseExternal } from './external.ts'
import type { LocalChain } from './local-chain.ts'
import { base64 } from './names.ts'
import type { Parameters } from './parameters.ts'
import { nextBlockLt } from './produce.ts'
import { RpcError, unreadable } from './rpc-error.ts'
import { readCell } from './stack.ts'
import { storageFee } from './transaction-json.ts'

export async function sendBoc(chain: LocalChain, parameters: Parameters) {
  await send(chain, readBoc(parameters))
  return { '@type': 'ok' }
}

export async function sendBocReturnHash(chain: LocalChain, parameters: Parameters) {
  const boc = readBoc(parameters)
  await send(chain, boc)
  const { cell } = parseExternal(boc)
  const normalized = normalizedMessageHash(loadMessage(cell.beginParse()))
  return { '@type': 'raw.extMessageInfo', hash: base64(cell.hash()), hash_norm: base64(normalized ?? cell.hash()) }
}

/** What an external message would cost now, its signature taken for right if `ignore_chksig` says so. Nothing is changed. */
export async function estimateFee(chain: LocalChain, parameters: Parameters) {
  const address = parameters.address('address')
  if (address.workChain !== 0) throw unreadable('address')
  const [code, data] = [parameters.optionalText('init_code'), parameters.optionalText('init_data')]
  const init = code && data ? { code: readCell(code), data: readCell(data) } : undefined
  const message = external({ to: address, body: readCell(parameters.text('body')), ...(init && { init }) })
  const { genUtime, endLt } = chain.tip.master
  const outcome = await chain.machine.run({
    account: chain.readShardAccount(address.hash),
    message: beginCell().store(storeMessage(message)).endCell(),
    now: genUtime,
    lt: nextBlockLt(endLt),
    seed: Buffer.alloc(32),
    ignoreSignatures: parameters.flag('ignore_chksig')
  })
  if (!outcome.ok) throw refused(outcome.reason)
  const transaction = loadTransaction(outcome.transaction.beginParse())
  const storage = storageFee(transaction)
  const gas = gasFee(transaction)
  const forward = forwardFee(transaction)
  // What is left of the total is what importing the message took.
  const imported = transaction.totalFees.coins - storage - gas - (forward.action ?? 0n)
  const fees = {
    in_fwd_fee: Number(imported),
    storage_fee: Number(storage),
    gas_fee: Number(gas),
    fwd_fee: Number(forward.total)
  }
  return { '@type': 'query.fees', source_fees: { '@type': 'fees', ...fees }, destination_fees: [] }
}

type LoadedTransaction = ReturnType<typeof loadTransaction>

function gasFee({ description }: LoadedTransaction): bigint {
  const phase = 'computePhase' in description ? description.computePhase : undefined
  return phase?.type === 'vm' ? phase.gasFees : 0n
}

function forwardFee({ description }: LoadedTransaction): {
  readonly total: bigint
  readonly action: bigint | undefined
} {
  const phase = 'actionPhase' in description ? description.actionPhase : undefined
  return { total: phase?.totalFwdFees ?? 0n, action: phase?.totalActionFees ?? undefined }
}

async function send(chain: LocalChain, boc: Buffer): Promise<void> {
  try {
    await chain.send(boc)
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    if (error.code === 'MESSAGE_REFUSED') throw refused(error.message)
    throw new RpcError(error.kind === 'unavailable' ? 503 : 500, `LITE_SERVER_UNKNOWN: ${error.message}`, {
      cause: error
    })
  }
}

const refused = (why: string): RpcError =>
  new RpcError(500, `LITE_SERVER_UNKNOWN: cannot apply external message to current state : ${why}`)

function readBoc(parameters: Parameters): Buffer {
  const text = parameters.text('boc')
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw unreadable('boc')
  return Buffer.from(text, 'base64')
}
