import { resolve } from 'node:path'
import { type NetworkFile, readNetworkFile } from '../../runtime/network-file.ts'

/** The data folder of `bombyx up`, where a running network says where it is. */
export const DATA_OPTION = [
  '--data <folder>',
  'data folder of the network that is up on this machine',
  '.bombyx'
] as const

/** What is named, or else what the network that is up on this machine says of itself. */
export async function readAddress(
  named: string | undefined,
  dataFolder: string,
  member: Exclude<keyof NetworkFile, 'model'>
): Promise<string> {
  return named ?? (await readNetworkFile(resolve(dataFolder)))[member]
}
