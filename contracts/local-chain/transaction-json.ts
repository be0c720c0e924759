import { type Address, type Cell, loadTransaction, type Message, type Transaction } from '@ton/core'
import { base64 } from './names.ts'

/** `raw.transaction` of toncenter. */
export function transactionJson(cell: Cell, address: Address) {
  const transaction = loadTransaction(cell.beginParse())
  const fee = transaction.totalFees.coins
  const storage = storageFee(transaction)
  return {
    '@type': 'raw.transaction',
    address: { '@type': 'accountAddress', account_address: String(address) },
    utime: transaction.now,
    data: base64(cell.toBoc()),
    transaction_id: transactionId(transaction.lt, cell.hash()),
    fee: String(fee),
    storage_fee: String(storage),
    other_fee: String(fee - storage),
    ...(transaction.inMessage == null ? {} : { in_msg: messageJson(transaction.inMessage) }),
    out_msgs: [...transaction.outMessages.values()].map(messageJson)
  }
}

export const transactionId = (lt: bigint, hash: Uint8Array) => ({
  '@type': 'internal.transactionId',
  lt: String(lt),
  hash: base64(hash)
})

/** What storage took: absent from descriptions that have no such phase. */
export function storageFee({ description }: Transaction): bigint {
  return 'storagePhase' in description ? (description.storagePhase?.storageFeesCollected ?? 0n) : 0n
}

function messageJson({ info, body }: Message) {
  const amounts =
    info.type === 'internal'
      ? { value: info.value.coins, forwardFee: info.forwardFee, ihrFee: info.ihrFee }
      : { value: 0n, forwardFee: 0n, ihrFee: 0n }
  return {
    '@type': 'raw.message',
    source: info.type === 'external-in' ? '' : String(info.src),
    destination: info.type === 'external-out' ? '' : String(info.dest),
    value: String(amounts.value),
    fwd_fee: String(amounts.forwardFee),
    ihr_fee: String(amounts.ihrFee),
    created_lt: info.type === 'external-in' ? '0' : String(info.createdLt),
    body_hash: base64(body.hash()),
    msg_data: { '@type': 'msg.dataRaw', body: base64(body.toBoc()) },
    message: ''
  }
}
