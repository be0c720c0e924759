import { resolve } from 'node:path'
import type { Address, Transaction } from '@ton/core'
import type { Command } from 'commander'
import type { Chain } from '../../../contracts/chain.ts'
import {
  explainTransaction,
  type Posting,
  type PostingKind,
  payingParty,
  type Recognised
} from '../../../contracts/escrow/postings.ts'
import { recogniseEscrow } from '../../../contracts/escrow/recognise.ts'
import { type AccountHistory, readHistory } from '../../../contracts/history.ts'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import { openChainOf, parseAddress, shortAddress, showAddress } from '../access/chain.ts'
import { DATA_OPTION } from '../access/network.ts'
import { EXIT } from '../exit.ts'
import { formatCsv } from '../terminal/csv.ts'
import { bold, print, printJson, table } from '../terminal/print.ts'
import type { FormatOptions, RecordFields } from '../terminal/records.ts'
import { tonColumn } from '../terminal/ton.ts'

interface PayoutOptions extends FormatOptions {
  readonly data: string
  readonly wallet?: string
  readonly payee?: Address
}

/** Why the balance changed, with what it was afterwards; without a transaction what was there before those that are listed. */
interface Entry {
  readonly kind: PostingKind | 'before'
  readonly amount: bigint
  readonly balance: bigint
  readonly party?: Address
  readonly transaction?: Transaction
}

/** In the table, followed by who; and in the sums below it, in this order. */
const KINDS: Readonly<Record<Entry['kind'], readonly [text: string, sum: string]>> = {
  before: ['before what is listed', 'before what is listed'],
  earned: ['earned, from escrow', 'earned from escrows'],
  'gas-left': ['gas money left of its claim', 'gas money that claims left'],
  'market-fee': ["market's fee of escrow", "market's fees"],
  'escrow-rest': ['rest of closed escrow', 'rest of closed escrows'],
  received: ['from', 'other income'],
  'look-alike': ['LOOK-ALIKE payout, no escrow:', 'look-alikes of payouts'],
  unproven: ['UNPROVEN, perhaps of escrow', 'unproven payouts'],
  returned: ['came back from', 'came back'],
  'claim-sent': ['claim, to escrow', 'sent with claims'],
  sent: ['to', 'sent'],
  'sent-back': ['refused, back to', 'sent back'],
  fees: ['fees', 'fees']
}

/** Accounts whose payments are looked into; a stranger pays for each that it invents. */
const MOST_PARTIES = 2_000
const NAMES = ['time', 'transaction', 'lt', 'kind', 'party', 'amount', 'balance'] as const

export function addPayouts(earn: Command): void {
  earn
    .command('payouts')
    .description("every transaction of the payee's wallet, to its balance; by the chain alone")
    .option(...DATA_OPTION)
    .option('--wallet <file>', "key of the payee's wallet, v5r1 (default: host-1.key in the data folder)")
    .option('--payee <address>', 'instead of the key', parseAddress)
    .option('--csv', 'print CSV, nanoTON')
    .option('--json', 'print JSON')
    .action(showPayouts)
}

async function showPayouts({ data, wallet, payee, csv, json }: PayoutOptions): Promise<void> {
  const chain = await openChainOf(data)
  const address = payee ?? walletOf(chain, readKeyFile(resolve(wallet ?? `${data}/host-1.key`))).address
  const history = await readHistory(chain, address)
  const entries = await explain(chain, history)
  const isExplained = history.missing !== undefined || entries[0]?.kind !== 'before'
  if (!isExplained) process.exitCode = EXIT.refused
  if (csv === true) return print(...formatCsv(NAMES, entries.map(recordOf)))
  if (json === true) {
    return printJson({
      ...{ payee: address.toRawString(), balance: String(history.account.balance), missing: history.missing ?? null },
      entries: entries.map((entry) => ({ ...recordOf(entry) }))
    })
  }
  print(`payee     ${showAddress(chain, address, false)}, ${chain.network}`)
  if (entries.length > 0) printEntries(chain, entries)
  printSums(entries, history)
}

async function explain(chain: Chain, { account, transactions }: AccountHistory): Promise<readonly Entry[]> {
  const recognised = await recognise(chain, transactions)
  const postings = transactions.flatMap((transaction) =>
    explainTransaction(transaction, recognised).map((posting) => ({ ...posting, transaction }))
  )
  const before = account.balance - postings.reduce((sum, { amount }) => sum + amount, 0n)
  let balance = before
  const entries = postings.map((posting): Entry => {
    balance += posting.amount
    return { ...posting, balance }
  })
  return before === 0n ? entries : [{ kind: 'before', amount: before, balance: before }, ...entries]
}

async function recognise(chain: Chain, transactions: readonly Transaction[]): Promise<(party: Address) => Recognised> {
  const known = new Map<string, Recognised>()
  for (const party of transactions.map(payingParty)) {
    const name = party?.toRawString()
    if (party === undefined || name === undefined || known.has(name) || known.size >= MOST_PARTIES) continue
    known.set(name, await recogniseEscrow(chain, party))
  }
  return (party) => known.get(party.toRawString()) ?? 'unknown'
}

function printEntries(chain: Chain, entries: readonly Entry[]): void {
  const rows = entries.map((entry, index) => {
    const isFirst = entry.transaction !== entries[index - 1]?.transaction
    const [time, hash] =
      isFirst && entry.transaction
        ? [timeOf(entry.transaction).slice(11, 19), hashOf(entry.transaction).slice(0, 12)]
        : ['', '']
    return [time, hash, textOf(chain, entry), tonColumn(entry.amount), tonColumn(entry.balance)]
  })
  const [heading = '', ...lines] = table([['UTC', 'TRANSACTION', 'WHAT', 'TON', 'BALANCE'], ...rows])
  print('', heading)
  let day = ''
  for (const [index, { transaction }] of entries.entries()) {
    const own = transaction === undefined ? '' : timeOf(transaction).slice(0, 10)
    if (own !== day) print(bold(own))
    day = own
    print(lines[index] ?? '')
  }
}

function textOf(chain: Chain, { kind, party }: Posting | Entry): string {
  const [text] = KINDS[kind]
  const hasParty = party !== undefined && kind !== 'gas-left'
  return hasParty ? `${text} ${shortAddress(chain, party, true)}` : text
}

function printSums(entries: readonly Entry[], { account, missing }: AccountHistory): void {
  const sums = Object.entries(KINDS).flatMap(([kind, [, name]]) => {
    const own = entries.filter((entry) => entry.kind === kind)
    return own.length === 0 ? [] : [[name, tonColumn(own.reduce((sum, { amount }) => sum + amount, 0n))]]
  })
  print('', ...table([['SUMS', 'TON'], ...sums, ['balance, by the chain', tonColumn(account.balance)]]))
  if (missing !== undefined) print('', `Not all is listed: ${missing}.`)
  else if (entries[0]?.kind === 'before')
    print('', 'The transactions do not come to the balance: the endpoint is wrong, or this is.')
  else print('', 'All transactions, each proven by the next one: they come to the balance, to the nanoTON.')
}

function recordOf({ transaction, kind, party, amount, balance }: Entry): RecordFields {
  return {
    time: transaction === undefined ? null : timeOf(transaction),
    transaction: transaction === undefined ? null : hashOf(transaction),
    lt: transaction === undefined ? null : String(transaction.lt),
    kind,
    party: party?.toRawString() ?? null,
    amount: String(amount),
    balance: String(balance)
  }
}

const timeOf = ({ now }: Transaction): string => new Date(now * 1000).toISOString()
const hashOf = (transaction: Transaction): string => transaction.hash().toString('hex')
