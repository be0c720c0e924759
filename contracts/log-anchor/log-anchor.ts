import {
  type Address,
  beginCell,
  type Cell,
  type Contract,
  type ContractProvider,
  type Sender,
  SendMode
} from '@ton/core'
import { encodeBody, type Head, type SignedOrder } from './messages.ts'
import { type AnchorTerms, anchorAddress, anchorInit } from './storage.ts'

/** A log anchor on chain. What is sent is signed elsewhere: see `hashToSign`. */
export class LogAnchor implements Contract {
  readonly address: Address
  readonly init?: { readonly code: Cell; readonly data: Cell }

  private constructor(address: Address, init?: { readonly code: Cell; readonly data: Cell }) {
    this.address = address
    if (init !== undefined) this.init = init
  }

  static at(address: Address): LogAnchor {
    return new LogAnchor(address)
  }

  /** Of these terms; the first top-up deploys it. */
  static of(terms: AnchorTerms): LogAnchor {
    return new LogAnchor(anchorAddress(terms), anchorInit(terms))
  }

  /** nanoTON, from anyone; nothing ever comes back. */
  async sendTopUp(provider: ContractProvider, via: Sender, value: bigint): Promise<void> {
    await provider.internal(via, { value, bounce: false, sendMode: SendMode.PAY_GAS_SEPARATELY })
  }

  async sendOrder(provider: ContractProvider, signed: SignedOrder): Promise<void> {
    await provider.external(encodeBody(signed))
  }

  /** The last accepted head, the seqno of the next message and the chain hash. */
  async getHead(
    provider: ContractProvider
  ): Promise<Head & { readonly seqno: number; readonly chainHash: Uint8Array }> {
    const { stack } = await provider.get('head', [])
    const seqno = stack.readNumber()
    const head = {
      treeSize: stack.readBigNumber(),
      rootHash: toHash(stack.readBigNumber()),
      timestamp: stack.readNumber()
    }
    return { ...head, seqno, chainHash: toHash(stack.readBigNumber()) }
  }

  async getTerms(provider: ContractProvider): Promise<AnchorTerms> {
    const { stack } = await provider.get('terms', [])
    const networkId = stack.readNumber()
    const [originHash, anchorKey, recoveryKey] = [stack.readBigNumber(), stack.readBigNumber(), stack.readBigNumber()]
    return { networkId, originHash: toHash(originHash), anchorKey: toHash(anchorKey), recoveryKey: toHash(recoveryKey) }
  }

  /** Where the log is anchored instead, once this contract is retired. */
  async getSuccessor(provider: ContractProvider): Promise<Address | null> {
    return (await provider.get('successor', [])).stack.readAddressOpt()
  }

  /** nanoTON that must be in it for the next message to be accepted. */
  async getRequiredBalance(provider: ContractProvider): Promise<bigint> {
    return (await provider.get('required_balance', [])).stack.readBigNumber()
  }
}

function toHash(value: bigint): Uint8Array {
  return new Uint8Array(beginCell().storeUint(value, 256).endCell().beginParse().loadBuffer(32))
}
