using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;

namespace SyncModule.Core.Tests.Model;

public class MembershipFoldTests
{
    private readonly MembershipBuilder _vault = new();

    [Fact]
    public void Genesis_makes_the_founder_the_only_member_and_its_epoch_current()
    {
        var fold = _vault.Fold(_vault.Genesis);
        Assert.Equal(MembershipBuilder.Device(0), fold.Founder);
        Assert.Equal(MembershipBuilder.Epoch, fold.CurrentEpoch);
        Assert.Equal("founder", fold.NameOf(MembershipBuilder.Device(0)));
        Assert.Equal([_vault.Genesis.Id], fold.Heads);
        Assert.Single(fold.Members);
    }

    [Fact]
    public void Nothing_is_known_before_the_genesis_commit_is_here()
    {
        var add = _vault.Commit(0, [_vault.Genesis], _vault.Add(1));
        var fold = _vault.Fold(add);
        Assert.Null(fold.Founder);
        Assert.Null(fold.CurrentEpoch);
        Assert.Equal([add.Id], fold.Waiting);
        Assert.Empty(fold.HeldHeads);
        Assert.False(fold.HasFolded([add.Id]));
    }

    [Fact]
    public void An_added_full_device_may_add_and_a_keyless_one_may_not()
    {
        var first = _vault.Commit(0, [_vault.Genesis], _vault.Add(1), _vault.Add(2, DeviceRole.Keyless));
        var good = _vault.Commit(1, [first], _vault.Add(3));
        var bad = _vault.Commit(2, [first], _vault.Add(4));
        var fold = _vault.Fold(_vault.Genesis, first, good, bad);
        Assert.Equal(MembershipStanding.Valid, fold.StandingOf(good.Id));
        Assert.Equal(MembershipStanding.Invalid, fold.StandingOf(bad.Id));
        Assert.True(fold.IsMember(MembershipBuilder.Device(2)));
        Assert.True(fold.IsMember(MembershipBuilder.Device(3)));
        Assert.False(fold.IsMember(MembershipBuilder.Device(4)));
        Assert.Equal(new[] { good.Id, bad.Id }.Order(), fold.Heads);
    }

    [Fact]
    public void A_stranger_adds_neither_itself_nor_others()
    {
        var self = _vault.Commit(7, [_vault.Genesis], _vault.Add(7));
        var friend = _vault.Commit(7, [self], _vault.Add(8));
        var fold = _vault.Fold(_vault.Genesis, self, friend);
        Assert.Equal([MembershipBuilder.Device(0)], fold.Members.Select(m => m.Device));
    }

    [Fact]
    public void An_author_counts_only_by_adds_in_its_commits_own_past()
    {
        var added = _vault.Commit(0, [_vault.Genesis], _vault.Add(1));
        var early = _vault.Commit(1, [_vault.Genesis], _vault.Add(2));
        var fold = _vault.Fold(_vault.Genesis, added, early);
        Assert.Equal(MembershipStanding.Invalid, fold.StandingOf(early.Id));
        Assert.False(fold.IsMember(MembershipBuilder.Device(2)));
    }

    [Fact]
    public void Under_the_administrators_policy_a_full_member_cannot_add()
    {
        var vault = new MembershipBuilder(MembershipPolicy.Administrators);
        var first = vault.Commit(0, [vault.Genesis], vault.Add(1), vault.Add(2, DeviceRole.Administrator));
        var refused = vault.Commit(1, [first], vault.Add(3));
        var allowed = vault.Commit(2, [first], vault.Add(4));
        var fold = vault.Fold(vault.Genesis, first, refused, allowed);
        Assert.False(fold.IsMember(MembershipBuilder.Device(3)));
        Assert.True(fold.IsMember(MembershipBuilder.Device(4)));
    }

    [Fact]
    public void Of_two_adds_of_one_device_the_first_by_depth_then_id_stands()
    {
        var bridge = _vault.Commit(0, [_vault.Genesis], _vault.Add(1));
        var deep = _vault.Commit(1, [bridge], _vault.Add(5, name: "deep"));
        var shallow = _vault.Commit(0, [_vault.Genesis], _vault.Add(5, DeviceRole.Keyless, "shallow"));
        var fold = _vault.Fold(_vault.Genesis, bridge, deep, shallow);
        Assert.Equal("shallow", fold.NameOf(MembershipBuilder.Device(5)));
        var twin = _vault.Commit(0, [_vault.Genesis], _vault.Add(5, name: "twin"));
        string lower = twin.Id < shallow.Id ? "twin" : "shallow";
        Assert.Equal(lower, _vault.Fold(_vault.Genesis, bridge, deep, shallow, twin).NameOf(MembershipBuilder.Device(5)));
    }

    [Fact]
    public void A_certificate_that_does_not_fit_adds_nobody()
    {
        var foreign = new MembershipOperation.Add(_vault.Certificate(1, vault: MembershipBuilder.Epoch), "foreign");
        var forged = new MembershipOperation.Add(_vault.Certificate(2).With(exchangeKey: MembershipBuilder.X(3)), "forged");
        var low = new MembershipOperation.Add(MembershipBuilder.Sign(_vault.Certificate(3).With(exchangeKey: MembershipBuilder.LowOrderKey)), "low");
        var commit = _vault.Commit(0, [_vault.Genesis], foreign, forged, low, _vault.Add(4));
        var fold = _vault.Fold(_vault.Genesis, commit);
        Assert.Equal(new[] { MembershipBuilder.Device(0), MembershipBuilder.Device(4) }.Order(), fold.Members.Select(m => m.Device));
    }

    [Fact]
    public void A_malformed_operation_voids_an_atomic_commit_and_only_itself_in_another()
    {
        var atomic = _vault.Commit(0, [_vault.Genesis], CommitFlags.Atomic, _vault.Add(1), new MembershipOperation.Malformed());
        var plain = _vault.Commit(0, [atomic], _vault.Add(2), new MembershipOperation.Malformed(), _vault.Genesis.Operations[0]);
        var fold = _vault.Fold(_vault.Genesis, atomic, plain);
        Assert.False(fold.IsMember(MembershipBuilder.Device(1)));
        Assert.True(fold.IsMember(MembershipBuilder.Device(2)));
        Assert.Empty(fold.Parked);
    }

    [Fact]
    public void An_unknown_kind_parks_the_graph_there_and_no_further()
    {
        var parked = _vault.Commit(0, [_vault.Genesis], _vault.Add(1), new MembershipOperation.Unknown(66));
        var behind = _vault.Commit(0, [parked], _vault.Add(2));
        var beside = _vault.Commit(0, [_vault.Genesis], _vault.Add(3));
        var (side, merge) = (_vault.Commit(3, [_vault.Genesis]), _vault.Commit(4, [parked, _vault.Genesis]));
        var fold = _vault.Fold(_vault.Genesis, parked, behind, side, merge);
        Assert.Equal([parked.Id], fold.Parked);
        Assert.Equal(MembershipStanding.BehindParked, fold.StandingOf(behind.Id));
        Assert.Equal(MembershipStanding.BehindParked, fold.StandingOf(merge.Id));
        Assert.Single(fold.Members);
        Assert.Equal([side.Id], fold.Heads);
        Assert.Equal(new[] { behind.Id, side.Id, merge.Id }.Order(), fold.HeldHeads);
        // The log itself is parked too: what follows by `prev` waits although it does not name the parked commit as a parent.
        Assert.Equal(MembershipStanding.BehindParked, _vault.Fold(_vault.Genesis, parked, behind, beside).StandingOf(beside.Id));
    }

    [Fact]
    public void A_flag_of_a_newer_version_parks_and_a_stranger_parks_nothing()
    {
        var flagged = _vault.Commit(0, [_vault.Genesis], (CommitFlags)2, _vault.Add(1));
        var stranger = _vault.Commit(9, [_vault.Genesis], new MembershipOperation.Unknown(99));
        var fold = _vault.Fold(_vault.Genesis, flagged, stranger);
        Assert.Equal([flagged.Id], fold.Parked);
        Assert.Equal(MembershipStanding.Invalid, fold.StandingOf(stranger.Id));
    }

    [Fact]
    public void A_commit_that_forgets_what_its_previous_one_knew_has_no_effect()
    {
        var known = _vault.Commit(0, [_vault.Genesis], _vault.Add(1));
        var other = _vault.Commit(1, [known], _vault.Add(2));
        var informed = _vault.Commit(0, [other], _vault.Add(3));
        var forgetful = _vault.Commit(0, [_vault.Genesis], _vault.Add(4));
        var all = new[] { _vault.Genesis, known, other, informed, forgetful };
        Assert.Equal(MembershipStanding.Invalid, _vault.Fold(all).StandingOf(forgetful.Id));
        Assert.False(_vault.Fold(all).IsMember(MembershipBuilder.Device(4)));
        var again = _vault.Commit(0, [other, informed], _vault.Add(5));
        Assert.Equal(MembershipStanding.Valid, _vault.Fold([.. all, again]).StandingOf(again.Id));
    }

    [Fact]
    public void A_first_commit_that_is_not_the_founders_founds_nothing()
    {
        var genesis = (MembershipOperation.Genesis)_vault.Genesis.Operations[0];
        MembershipOperation[][] wrong =
        [
            [genesis with { Record = genesis.Record with { Policy = MembershipPolicy.Administrators } }],
            [genesis with { Certificate = _vault.Certificate(0) }],
            [genesis with { Certificate = genesis.Certificate.With(signature: new byte[64]) }],
            [genesis with { Certificate = _vault.Certificate(1, DeviceRole.Administrator) }],
            [genesis, _vault.Add(1)],
            [_vault.Add(1)],
            [],
        ];
        foreach (var operations in wrong)
        {
            var fold = _vault.Fold(_vault.Genesis with { Operations = operations });
            Assert.Null(fold.Founder);
            Assert.Empty(fold.Members);
        }

        Assert.Null(MembershipFold.Compute(MembershipBuilder.Epoch, [_vault.Genesis], _vault, _ => false).Founder);
        Assert.Null(MembershipFold.Compute(_vault.Vault, [_vault.Genesis], _vault, _ => true).Founder);
    }
}
