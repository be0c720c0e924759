import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { Delisted as _bombyx_v1_Delisted, Delisted__Output as _bombyx_v1_Delisted__Output } from './bombyx/v1/Delisted.ts';
import type { DirectoryClient as _bombyx_v1_DirectoryClient, DirectoryDefinition as _bombyx_v1_DirectoryDefinition } from './bombyx/v1/Directory.ts';
import type { DirectoryEvent as _bombyx_v1_DirectoryEvent, DirectoryEvent__Output as _bombyx_v1_DirectoryEvent__Output } from './bombyx/v1/DirectoryEvent.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { SnapshotEnd as _bombyx_v1_SnapshotEnd, SnapshotEnd__Output as _bombyx_v1_SnapshotEnd__Output } from './bombyx/v1/SnapshotEnd.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';
import type { WatchRequest as _bombyx_v1_WatchRequest, WatchRequest__Output as _bombyx_v1_WatchRequest__Output } from './bombyx/v1/WatchRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      Delisted: MessageTypeDefinition<_bombyx_v1_Delisted, _bombyx_v1_Delisted__Output>
      /**
       * Which hosts may take traffic. Public: nothing here is secret.
       */
      Directory: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_DirectoryClient> & { service: _bombyx_v1_DirectoryDefinition }
      DirectoryEvent: MessageTypeDefinition<_bombyx_v1_DirectoryEvent, _bombyx_v1_DirectoryEvent__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      SnapshotEnd: MessageTypeDefinition<_bombyx_v1_SnapshotEnd, _bombyx_v1_SnapshotEnd__Output>
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
      WatchRequest: MessageTypeDefinition<_bombyx_v1_WatchRequest, _bombyx_v1_WatchRequest__Output>
    }
  }
}

