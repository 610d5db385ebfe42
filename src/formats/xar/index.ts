export * from './read-member.ts';
export type { MemberKind, XarData, XarMember } from './members.ts';
export * from './read.ts';
export * from './signature.ts';
export * from './write.ts';
