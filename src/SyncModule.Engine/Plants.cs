namespace SyncModule.Engine;

/// <summary>
/// Known mistakes, most of them made before by others, that a test build plants one at a time (msbuild property Plant) to show that the
/// tests find each; `tests/plants.sh` does it for all. They are constants: any other build is compiled as if they were not here.
/// </summary>
/// <remarks>Each says what is wrong and, in its remarks, what finds it. `docs/reliability.md` lists them; a test compares.</remarks>
internal static partial class Plants
{
    /// <summary>A record names versions that were gone below a floor: who pruned them has another record (format-1 §8).</summary>
    /// <remarks>Engine LateDecisionsTests.What_a_device_that_was_put_back_decides_about_versions_that_are_gone_is_told_alike_by_who_pruned_and_who_did_not</remarks>
    public const bool GoneVersionsNamed = Planted == nameof(GoneVersionsNamed);

    /// <summary>A floor holds a write and not the claim that the write was refused for, so its snapshot says something else than the vault (format-1 §8).</summary>
    /// <remarks>Engine OwnersAtFloorsTests.A_floor_stops_below_a_write_whose_refusal_not_everybody_knows</remarks>
    public const bool FloorsOverClaims = Planted == nameof(FloorsOverClaims);

    /// <summary>A caller is told that its commit is stored before the log was synced.</summary>
    /// <remarks>simulation</remarks>
    public const bool SyncSkipped = Planted == nameof(SyncSkipped);

    /// <summary>Commits are shown and sent before their own fsync (format-1 §3).</summary>
    /// <remarks>simulation</remarks>
    public const bool SentBeforeSync = Planted == nameof(SentBeforeSync);

    /// <summary>The next number in a log comes from the index, not from the end of the log (format-1 §12).</summary>
    /// <remarks>simulation</remarks>
    public const bool NumberFromIndex = Planted == nameof(NumberFromIndex);

    /// <summary>Each process has an append lock of its own, so one cuts as a torn tail what another is writing.</summary>
    /// <remarks>simulation</remarks>
    public const bool AppendUnlocked = Planted == nameof(AppendUnlocked);

    /// <summary>Commits are folded without waiting for what they depend on (format-1 §6).</summary>
    /// <remarks>simulation</remarks>
    public const bool GateLeftOut = Planted == nameof(GateLeftOut);

    /// <summary>After an index transaction that failed, the process goes on with what it had changed in memory.</summary>
    /// <remarks>simulation</remarks>
    public const bool IndexKeptAfterFailure = Planted == nameof(IndexKeptAfterFailure);

    /// <summary>Received objects are listed, and the peer is told so, before their pack was synced.</summary>
    /// <remarks>simulation</remarks>
    public const bool ObjectsListedUnsynced = Planted == nameof(ObjectsListedUnsynced);

    /// <summary>A commit whose block is an object is applied before that is here, as if the block said nothing (format-1 §3).</summary>
    /// <remarks>Engine BlockObjectTests.A_commit_waits_until_the_last_of_its_objects_is_here</remarks>
    public const bool BlockObjectNotAwaited = Planted == nameof(BlockObjectNotAwaited);

    /// <summary>A commit is written before the object that holds its block is on the disk (format-1 §12).</summary>
    /// <remarks>Engine TransactionTests.At_every_call_at_which_power_is_cut_it_is_there_whole_or_not_at_all</remarks>
    public const bool BlockObjectUnsynced = Planted == nameof(BlockObjectUnsynced);

    /// <summary>What nobody names is swept, and blocks that refer to an object are not asked (format-1 §8).</summary>
    /// <remarks>Engine BlockObjectTests.The_object_of_a_block_goes_with_its_commit_and_not_before</remarks>
    public const bool SweepForgetsBlocks = Planted == nameof(SweepForgetsBlocks);

    /// <summary>What a device is said to have applied is believed without its signature, so anybody can have deletions forgotten that it has not seen (format-1 §8).</summary>
    /// <remarks>Engine AcknowledgementTests.What_is_not_signed_by_a_member_of_this_vault_says_nothing</remarks>
    public const bool AcknowledgementUnsigned = Planted == nameof(AcknowledgementUnsigned);

    /// <summary>A device that never acknowledged anything is not waited for: the least of those that did is taken for everybody's (lessons, B).</summary>
    /// <remarks>Engine CheckpointTests.A_device_that_was_never_heard_of_holds_the_floor_at_nothing</remarks>
    public const bool SilentNotAwaited = Planted == nameof(SilentNotAwaited);

    /// <summary>What this device has applied counts as applied by all, so a deletion is forgotten before everybody has it (lessons, B).</summary>
    /// <remarks>Engine CheckpointTests.What_one_device_lacks_is_not_below_the_floor_whatever_else_it_has</remarks>
    public const bool FloorIsOwn = Planted == nameof(FloorIsOwn);

    /// <summary>A snapshot is put in the place of what a device holds instead of being joined with it: what it wrote while away is lost (format-1 §8).</summary>
    /// <remarks>Engine PruningTests.A_device_that_was_away_while_others_pruned_joins_what_it_has_with_what_they_have</remarks>
    public const bool SnapshotReplaces = Planted == nameof(SnapshotReplaces);

    /// <summary>A merge record tells of the versions that one replica happens to hold, not of those that the deciding operation names: another set, another record (format-1 §7).</summary>
    /// <remarks>Engine RecordOrderTests.A_record_tells_of_the_versions_that_were_decided_and_not_of_those_that_are_here_when_the_decision_comes</remarks>
    public const bool RecordPerHeadSet = Planted == nameof(RecordPerHeadSet);

    /// <summary>A device says that it has applied what it merely holds, so what still waits there counts as known to it (lessons, B).</summary>
    /// <remarks>Engine AcknowledgementTests.What_waits_for_something_else_is_not_acknowledged</remarks>
    public const bool AcknowledgedUnapplied = Planted == nameof(AcknowledgedUnapplied);

    /// <summary>The newest change that a device has stands for all others: what a slower device wrote before is never sent to it (lessons, B).</summary>
    /// <remarks>Engine InheritedFaultsTests.A_device_that_is_heard_late_is_not_skipped_for_its_older_timestamps</remarks>
    public const bool OneWatermark = Planted == nameof(OneWatermark);

    /// <summary>Groups of the log are taken without comparing their checksum.</summary>
    /// <remarks>Engine CommitLogDamageTests.A_flipped_bit_anywhere_is_found_and_hides_no_other_group</remarks>
    public const bool SumUnchecked = Planted == nameof(SumUnchecked);

    /// <summary>Damage below a synced mark is taken for a torn tail and cut off (format-1 §12).</summary>
    /// <remarks>Engine CommitLogDamageTests.A_bad_group_below_a_synced_mark_is_damage_and_not_a_torn_tail</remarks>
    public const bool DamageCutOff = Planted == nameof(DamageCutOff);

    /// <summary>A sync that failed is tried again and believed (reliability, kernels count lost pages as clean).</summary>
    /// <remarks>Engine CommitLogSyncFailureTests.A_failed_sync_of_others_groups_is_not_believed_the_second_time_but_written_again</remarks>
    public const bool FailedSyncTrusted = Planted == nameof(FailedSyncTrusted);

    /// <summary>A new segment of the log is used before its name is on the disk.</summary>
    /// <remarks>Engine CommitLogCrashTests.Power_cut_at_every_call_loses_nothing_that_was_acknowledged</remarks>
    public const bool FolderNotSynced = Planted == nameof(FolderNotSynced);

    /// <summary>The last object of a pack whose writer died is taken without comparing it with its address.</summary>
    /// <remarks>Engine PackStoreTests.The_last_object_of_a_dead_writer_is_taken_only_when_all_its_bytes_are_there</remarks>
    public const bool PackTailTrusted = Planted == nameof(PackTailTrusted);

    /// <summary>A pack's end is written before its bodies are synced: after a power cut it may close a pack that has lost some of them (docs/decisions/115).</summary>
    /// <remarks>Engine PackStoreTests.Power_cut_at_every_call_keeps_what_was_synced</remarks>
    public const bool EndBeforeSync = Planted == nameof(EndBeforeSync);

    /// <summary>An index that lost writes in a power cut is believed.</summary>
    /// <remarks>Engine SqliteLogIndexTests.After_a_kill_the_same_boot_believes_it_and_the_next_does_not</remarks>
    public const bool IndexTrustedAfterPowerCut = Planted == nameof(IndexTrustedAfterPowerCut);

    /// <summary>A copied folder goes on with the logs of the original (format-1 §2).</summary>
    /// <remarks>Engine CloneTests.A_copied_folder_starts_new_logs_and_the_original_keeps_its_own</remarks>
    public const bool CloneUnnoticed = Planted == nameof(CloneUnnoticed);

    /// <summary>A restored folder goes on with its log although a peer has shown it a longer one (format-1 §2).</summary>
    /// <remarks>Engine CloneTests.A_backup_restored_in_place_is_noticed_by_the_peers_proof_and_nothing_is_lost</remarks>
    public const bool OwnBranchIgnored = Planted == nameof(OwnBranchIgnored);

    /// <summary>What peers acknowledged is no witness, so a cut log goes on with numbers it had given away (format-1 §2).</summary>
    /// <remarks>Engine CloneTests.A_log_that_went_back_behind_what_a_peer_acknowledged_is_noticed_before_the_next_write</remarks>
    public const bool AcknowledgedForgotten = Planted == nameof(AcknowledgedForgotten);

    /// <summary>Objects of an epoch share one key with its fixed nonce (format-1 §0).</summary>
    /// <remarks>Engine SealedObjectsTests.Objects_that_differ_in_one_bit_never_share_a_key</remarks>
    public const bool KeyWithoutContent = Planted == nameof(KeyWithoutContent);

    /// <summary>Two commits with the same operations share a key and its fixed nonce (format-1 §17).</summary>
    /// <remarks>Engine SealedBlocksTests.First_blocks_of_two_devices_and_of_two_logs_have_different_keys</remarks>
    public const bool SivWithoutPlace = Planted == nameof(SivWithoutPlace);

    /// <summary>Padding may hold anything, so one value has many sealed forms.</summary>
    /// <remarks>Engine SealedObjectsTests.A_well_sealed_inside_that_the_format_does_not_allow_is_refused</remarks>
    public const bool PaddingUnchecked = Planted == nameof(PaddingUnchecked);

    /// <summary>Every message of a session has the same nonce, and a repeated one opens again.</summary>
    /// <remarks>Engine NoiseTransportTests.Replayed_reordered_cut_and_oversized_messages_do_not_open</remarks>
    public const bool CounterStandsStill = Planted == nameof(CounterStandsStill);

    /// <summary>A session never changes its keys (format-1 §13).</summary>
    /// <remarks>Engine NoiseTransportTests.The_message_after_16384_others_is_sealed_under_the_next_key</remarks>
    public const bool RekeyLeftOut = Planted == nameof(RekeyLeftOut);

    /// <summary>A listener answers whoever connects (format-1 §13).</summary>
    /// <remarks>Engine HandshakeTests.Every_flipped_bit_of_the_first_message_meets_silence</remarks>
    public const bool Mac1Unchecked = Planted == nameof(Mac1Unchecked);

    /// <summary>A first message that was recorded is answered again.</summary>
    /// <remarks>Engine HandshakeLimitsTests.A_repeated_ephemeral_is_refused_and_the_memory_is_bounded</remarks>
    public const bool EphemeralTwice = Planted == nameof(EphemeralTwice);

    /// <summary>A passphrase is stretched by what suits this machine, not by what its slot says (lessons, C).</summary>
    /// <remarks>Engine VaultFileTests.Equal_passphrases_open_however_they_were_typed_and_others_do_not</remarks>
    public const bool KdfGuessed = Planted == nameof(KdfGuessed);

    /// <summary>Commits of others are taken without their signature.</summary>
    /// <remarks>Engine ReceivingTests.A_commit_whose_signature_does_not_fit_is_refused_and_the_others_of_the_batch_are_taken</remarks>
    public const bool SignatureUnchecked = Planted == nameof(SignatureUnchecked);

    /// <summary>Objects of others are stored without comparing them with their address (lessons, A).</summary>
    /// <remarks>Engine ReceivingTests.An_object_that_does_not_match_its_address_is_neither_stored_nor_listed</remarks>
    public const bool AddressUnchecked = Planted == nameof(AddressUnchecked);

    /// <summary>Content counts as stored because it once was, whether or not its object is still here (format-1 §5).</summary>
    /// <remarks>Engine ReceivingTests.Content_whose_object_is_gone_is_stored_again</remarks>
    public const bool DedupUnchecked = Planted == nameof(DedupUnchecked);

    /// <summary>A member may fill the disk with commits that wait for ever (format-1 §6).</summary>
    /// <remarks>Engine WaitingBytesTests.Commits_that_wait_are_taken_up_to_a_limit_and_all_arrive_when_what_they_wait_for_does</remarks>
    public const bool WaitingUnbounded = Planted == nameof(WaitingUnbounded);

    /// <summary>A damaged session journal is believed.</summary>
    /// <remarks>Engine SessionJournalTests.A_journal_cut_or_flipped_anywhere_never_says_more_than_happened</remarks>
    public const bool JournalSumUnchecked = Planted == nameof(JournalSumUnchecked);

    /// <summary>An import replaces what a peer wrote since, not only what the folder was based on (format-1 §15).</summary>
    /// <remarks>Engine PeerEditTests.Importing_an_edited_file_against_a_newer_version_keeps_both_in_sight</remarks>
    public const bool ImportReplacesAll = Planted == nameof(ImportReplacesAll);

#if !PLANT
    private const string Planted = "";
#endif
}
