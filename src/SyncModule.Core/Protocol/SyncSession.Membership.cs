using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// Phase M: lane 1 both ways, parents first, until the heads are equal (format-1 §13).
public sealed partial class SyncSession
{
    private int _round;
    private bool _theyHave;
    private bool _theySent;
    private bool _iSent;
    private CommitId[]? _myFolded;
    private IReadOnlyList<CommitId>? _theirFolded;
    private long _strangerBytes;
    private int _strangerCommits;

    // The lane-1 vector that the peer holds, as far as this session knows.
    private VersionVector _peerMembers = new();

    private void StartMembersRound()
    {
        _theyHave = _theySent = _iSent = false;
        _myFolded = null;
        _theirFolded = null;
        Put(FrameType.Members, new MembersMessage(MembersStage.Have, [], _replica.Held(Lane.Membership)).Encode());
    }

    private void OnMembersFrame(FrameType type, ReadOnlyMemory<byte> body)
    {
        switch (type)
        {
            case FrameType.Members: OnMembers(MembersMessage.Decode(body.Span)); break;
            case FrameType.Commits when _theyHave && !_theySent: OnCommits(body); break;
            case FrameType.Window: OnWindow(WindowMessage.Decode(body.Span)); break;
            case FrameType.Vector when _role == SessionRole.Responder && _round == 0: break; // it came in msg3, before equal heads
            default: throw new VaultFormatException($"{type} came during the exchange of the membership");
        }
    }

    private void OnMembers(MembersMessage message)
    {
        switch (message.Stage)
        {
            case MembersStage.Have when !_theyHave:
                _theyHave = true;
                _peerMembers = message.Vector!;
                OpenSource(Lane.Membership);
                break;
            case MembersStage.Sent when _theyHave && !_theySent: _theySent = true; break;
            case MembersStage.Folded when _theySent && _theirFolded is null: _theirFolded = message.Heads; break;
            default: throw new VaultFormatException("a MEMBERS frame came out of turn");
        }
    }

    private void MembersSent()
    {
        _iSent = true;
        Put(FrameType.Members, new MembersMessage(MembersStage.Sent, [], null).Encode());
    }

    private void ContinueMembers()
    {
        if (_myFolded is null && _theySent && _iSent && _stores.Empty)
        {
            _myFolded = [.. _replica.MembershipHeads.Order().Take(MembersMessage.MaxHeads)];
            Put(FrameType.Members, new MembersMessage(MembersStage.Folded, _myFolded, null).Encode());
        }

        if (_myFolded is null || _theirFolded is null) return;
        if (_myFolded.AsSpan().SequenceEqual([.. _theirFolded]))
        {
            EnterPhaseD();
        }
        else if (++_round == SessionLimits.MemberRounds)
        {
            // Every commit was exchanged and none refused: one of the two cannot fold what it holds (format-1 §10 M7).
            Fail(SyncErrors.NewerVersionNeeded, "the membership of the two devices stays different although all of it was exchanged");
        }
        else
        {
            StartMembersRound();
        }
    }

    // Before phase M has ended, whoever knows the network secret can send this much and no more.
    private bool StrangerMay(IReadOnlyList<CommitBundle> bundles, long bytes)
    {
        if (_replica.IsMember(_remote)) return true;
        _strangerCommits += bundles.Count;
        _strangerBytes += bytes;
        if (_strangerCommits <= SessionLimits.StrangerCommits && _strangerBytes <= SessionLimits.StrangerBytes) return true;
        Fail(SyncErrors.NotAMember, $"device {_remote} is not a member and sent more of the membership than it may");
        return false;
    }
}
