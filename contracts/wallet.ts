import { type Address, beginCell, Cell, contractAddress, type MessageRelaxed, SendMode, storeOutList } from '@ton/core'
import { encodeExternal } from './message.ts'

// Wallet v5r1 (W5) of ton-blockchain/wallet-contract-v5, code hash 20834b7b…2b72f.
const CODE = Cell.fromBase64(
  'te6ccgECFAEAAoEAART/APSkE/S88sgLAQIBIAINAgFIAwQC3NAg10nBIJFbj2Mg1wsfIIIQZXh0br0hghBzaW50vbCSXwPgghBleHRuuo60gCDXIQHQdNch+kAw+kT4KPpEMFi9kVvg7UTQgQFB1yH0BYMH9A5voTGRMOGAQNchcH/bPOAxINdJgQKAuZEw4HDiEA8CASAFDAIBIAYJAgFuBwgAGa3OdqJoQCDrkOuF/8AAGa8d9qJoQBDrkOuFj8ACAUgKCwAXsyX7UTQcdch1wsfgABGyYvtRNDXCgCAAGb5fD2omhAgKDrkPoCwBAvIOAR4g1wsfghBzaWduuvLgin8PAeaO8O2i7fshgwjXIgKDCNcjIIAg1yHTH9Mf0x/tRNDSANMfINMf0//XCgAK+QFAzPkQmiiUXwrbMeHywIffArNQB7Dy0IRRJbry4IVQNrry4Ib4I7vy0IgikvgA3gGkf8jKAMsfAc8Wye1UIJL4D95w2zzYEAP27aLt+wL0BCFukmwhjkwCIdc5MHCUIccAs44tAdcoIHYeQ2wg10nACPLgkyDXSsAC8uCTINcdBscSwgBSMLDy0InXTNc5MAGk6GwShAe78uCT10rAAPLgk+1V4tIAAcAAkVvg69csCBQgkXCWAdcsCBwS4lIQseMPINdKERITAJYB+kAB+kT4KPpEMFi68uCR7UTQgQFB1xj0BQSdf8jKAEAEgwf0U/Lgi44UA4MH9Fvy4Iwi1woAIW4Bs7Dy0JDiyFADzxYS9ADJ7VQAcjDXLAgkji0h8uCS0gDtRNDSAFETuvLQj1RQMJExnAGBAUDXIdcKAPLgjuLIygBYzxbJ7VST8sCN4gAQk1vbMeHXTNA='
)
const SIGN = 0x7369676e
/** 15 bits. */
export const MOST_SUBWALLET = 0x7fff

/** A wallet of version 5, revision 1, in the base workchain. */
export interface Wallet {
  readonly address: Address
  readonly init: { readonly code: Cell; readonly data: Cell }
  /**
   * The BoC of an external message by which the wallet sends 1 to 255 messages, each paid for from its balance. `seqno` is what the
   * get method `seqno` says (0 before it is deployed, and then the message deploys it); `validUntil` in seconds since 1970.
   */
  transfer(order: TransferOrder): Uint8Array
}

export interface TransferOrder {
  readonly seqno: number
  readonly validUntil: number
  readonly messages: readonly MessageRelaxed[]
  /** Pays fees apart and goes on where one message fails, unless it is named. */
  readonly sendMode?: SendMode
}

export interface WalletOwner {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** TON's global id: the wallet's number contains it, so that one network's messages are void on another. */
  readonly networkId: number
  /** Which of the key's wallets, 0 to 32,767; 0 where absent. */
  readonly subwallet?: number | undefined
  /** Ed25519 over 32 bytes. */
  readonly sign: (hash: Uint8Array) => Uint8Array
}

export function createWallet({ publicKey, networkId, subwallet = 0, sign }: WalletOwner): Wallet {
  if (!Number.isInteger(subwallet) || subwallet < 0 || subwallet > MOST_SUBWALLET) {
    throw new RangeError(`a key has wallets 0 to ${MOST_SUBWALLET}, no ${subwallet}`)
  }
  // Client context of workchain 0 and version 0: one set bit, and the subwallet.
  const walletId = (networkId ^ (0x80000000 | subwallet)) | 0
  const data = beginCell()
    .storeBit(1)
    .storeUint(0, 32)
    .storeInt(walletId, 32)
    .storeBuffer(Buffer.from(publicKey))
    .storeBit(0)
  const init = { code: CODE, data: data.endCell() }
  const address = contractAddress(0, init)
  const transfer: Wallet['transfer'] = ({ seqno, validUntil, messages, sendMode }) => {
    const mode = sendMode ?? SendMode.PAY_GAS_SEPARATELY | SendMode.IGNORE_ERRORS
    const actions = messages.map((outMsg) => ({ type: 'sendMsg', mode, outMsg }) as const)
    const order = beginCell()
      .storeUint(SIGN, 32)
      .storeInt(walletId, 32)
      .storeUint(validUntil, 32)
      .storeUint(seqno, 32)
      .storeMaybeRef(beginCell().store(storeOutList(actions)))
      .storeBit(0)
    const signature = sign(order.endCell().hash())
    const body = order.storeBuffer(Buffer.from(signature)).endCell()
    return encodeExternal(address, body, seqno === 0 ? init : undefined)
  }
  return { address, init, transfer }
}
