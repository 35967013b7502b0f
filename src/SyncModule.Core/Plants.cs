namespace SyncModule.Core;

/// <summary>
/// Known mistakes, most of them made before by others, that a test build plants one at a time (msbuild property Plant) to show that the
/// tests find each; `tests/plants.sh` does it for all. They are constants: any other build is compiled as if they were not here.
/// </summary>
/// <remarks>Each says what is wrong and, in its remarks, what finds it. `docs/reliability.md` lists them; a test compares.</remarks>
internal static partial class Plants
{
    /// <summary>Vectors are compared by sequence numbers alone, so a fork of one log is not seen (format-1 §6).</summary>
    /// <remarks>simulation</remarks>
    public const bool VectorWithoutTips = Planted == nameof(VectorWithoutTips);

    /// <summary>The clock follows the wall clock back (lessons, B).</summary>
    /// <remarks>Core HybridClockTests.Own_timestamps_rise_strictly_through_jumps_of_the_wall_clock_and_wild_peers</remarks>
    public const bool ClockRunsBack = Planted == nameof(ClockRunsBack);

    /// <summary>A peer with a far-future clock drags everybody along (lessons, B).</summary>
    /// <remarks>Core HybridClockTests.A_received_timestamp_pulls_at_most_five_minutes_ahead_of_the_wall_clock</remarks>
    public const bool ClockFollowsTheFuture = Planted == nameof(ClockFollowsTheFuture);

    /// <summary>A write whose clock is behind does not replace what it has seen: last writer wins by the wall clock (lessons, D).</summary>
    /// <remarks>Core ConvergenceTests.Any_delivery_order_ends_in_the_bytes_of_the_naive_model</remarks>
    public const bool NewestClockWins = Planted == nameof(NewestClockWins);

    /// <summary>A replica drops deletions by itself when it writes the item again (format-1 §8).</summary>
    /// <remarks>Core ConvergenceTests.Any_delivery_order_ends_in_the_bytes_of_the_naive_model</remarks>
    public const bool TombstonesDropped = Planted == nameof(TombstonesDropped);

    /// <summary>A join keeps what the other side knew and has replaced since: deleted items come back (lessons, B).</summary>
    /// <remarks>Core ConvergenceTests.Join_of_two_folds_is_the_fold_of_both</remarks>
    public const bool JoinBringsBack = Planted == nameof(JoinBringsBack);

    /// <summary>A counter knows the last increment of each log alone, and those before it are lost (format-1 §7).</summary>
    /// <remarks>Core StructuredTests.Increments_of_many_devices_add_up_and_setting_keeps_those_it_had_not_seen</remarks>
    public const bool HeadsOnlyCounter = Planted == nameof(HeadsOnlyCounter);

    /// <summary>A whole value that is written names every field, so it undoes what another device does to one of them meanwhile (format-1 §7).</summary>
    /// <remarks>Core StructuredTests.A_whole_value_names_only_the_fields_that_it_changes</remarks>
    public const bool WholeValueReverts = Planted == nameof(WholeValueReverts);

    /// <summary>Whoever writes what another device owns changes it (lessons, D; format-1 §9).</summary>
    /// <remarks>Engine OwnershipTests.What_was_written_before_its_author_knew_the_owner_is_kept_as_evidence_and_removes_nothing</remarks>
    public const bool OwnersUnchecked = Planted == nameof(OwnersUnchecked);

    /// <summary>Who owns what is asked of all generations for what lies below a floor too, so that who has the whole log and who began with a snapshot differ (format-1 §8).</summary>
    /// <remarks>Engine OwnersAtFloorsTests.A_device_that_comes_back_and_claims_what_it_had_not_seen_takes_nothing_from_below_the_floor</remarks>
    public const bool OwnersAboveFloors = Planted == nameof(OwnersAboveFloors);

    /// <summary>An operation is numbered within its block only, so two operations of one commit have one name (format-1 §4).</summary>
    /// <remarks>Engine VaultTests.Operations_of_one_commit_in_two_collections_have_names_of_their_own</remarks>
    public const bool DotsCollide = Planted == nameof(DotsCollide);

    /// <summary>The decoder takes numbers that are not in their shortest form: one commit has two encodings and two ids (format-1 §0).</summary>
    /// <remarks>Core CborOracleTests.What_is_accepted_of_mutated_bytes_is_accepted_by_the_oracle_with_the_same_value</remarks>
    public const bool LongNumbersAccepted = Planted == nameof(LongNumbersAccepted);

    /// <summary>The receiver believes any length that the peer says (lessons, A).</summary>
    /// <remarks>Core FrameTests.ALengthOverTheTypesLimitIsRefusedBeforeAnythingIsAllocated</remarks>
    public const bool FrameLengthTrusted = Planted == nameof(FrameLengthTrusted);

    /// <summary>A peer may send more than the window allows, so memory has no bound.</summary>
    /// <remarks>Core HostilePeerTests.APeerThatIgnoresTheWindowIsClosed</remarks>
    public const bool WindowUnchecked = Planted == nameof(WindowUnchecked);

    /// <summary>Missing objects are asked for only when commits come, so a session cut between the two is never made good (format-1 §6).</summary>
    /// <remarks>Core SyncSessionTests.CommitsWithoutTheirObjectsAreHealedByTheNextSession</remarks>
    public const bool WantsForgotten = Planted == nameof(WantsForgotten);

    /// <summary>A session calls itself complete although objects are missing (format-1 §6).</summary>
    /// <remarks>Core SyncSessionTests.AnObjectThatNobodyHasIsNeverUpToDate</remarks>
    public const bool GapsNotTold = Planted == nameof(GapsNotTold);

    /// <summary>Whoever knows the network secret is served, member or not (format-1 §13).</summary>
    /// <remarks>Core MembershipPhaseTests.ARemovedDeviceLearnsOfItsRemovalAndNothingElse</remarks>
    public const bool MembershipUnchecked = Planted == nameof(MembershipUnchecked);

    /// <summary>The initiator shows its vector in the handshake before it has looked whether the responder is a member (format-1 §13).</summary>
    /// <remarks>Core NegotiationTests.NothingIsSaidEarlyToAStrangerOrInAnOldEpoch</remarks>
    public const bool EarlyToStrangers = Planted == nameof(EarlyToStrangers);

#if !PLANT
    private const string Planted = "";
#endif
}
