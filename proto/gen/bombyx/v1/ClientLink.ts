// Original file: bombyx/v1/client_link.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from '../../bombyx/v1/Batch.ts';

/**
 * `bombyx-link/1` between a client and a relay; the client dials.
 */
export interface ClientLinkClient extends grpc.Client {
  Open(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>;
  Open(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>;
  open(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>;
  open(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>;
  
}

/**
 * `bombyx-link/1` between a client and a relay; the client dials.
 */
export interface ClientLinkHandlers extends grpc.UntypedServiceImplementation {
  Open: grpc.handleBidiStreamingCall<_bombyx_v1_Batch__Output, _bombyx_v1_Batch>;
  
}

export interface ClientLinkDefinition extends grpc.ServiceDefinition {
  Open: MethodDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch, _bombyx_v1_Batch__Output, _bombyx_v1_Batch__Output>
}
