using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// `verify --peer`, `repair --from`: the object sets compared by ranges of the first byte, digests first, pages only where they differ.
public sealed partial class SyncSession
{
    private readonly Queue<byte> _differing = new();
    private ObjectAddress? _after;
    private RangeStep? _expected;
    private bool _compared;
    private bool _digestsGiven;

    private bool VerifyDone => _compared || !_options.Verify || _role == SessionRole.Responder;

    // The peer has all it wants by then, so what differs is not merely under way.
    private void StartVerify()
    {
        if (_expected is not null || !_theySatisfied) return;
        _expected = RangeStep.Digests;
        Put(FrameType.Range, new RangeMessage(RangeStep.AskDigests, 0, null, [], false).Encode());
    }

    private void OnRange(RangeMessage message)
    {
        switch (message.Step)
        {
            case RangeStep.AskDigests when !_digestsGiven:
                _digestsGiven = true;
                var digests = new Id32[RangeMessage.Ranges];
                for (int i = 0; i < digests.Length; i++) digests[i] = RangeDigest((byte)i);
                Put(FrameType.Range, new RangeMessage(RangeStep.Digests, 0, null, digests, false).Encode());
                break;
            case RangeStep.AskPage when _digestsGiven:
                var page = _replica.AddressesInRange(message.First, message.After, SessionLimits.RangePage);
                Put(FrameType.Range, new RangeMessage(RangeStep.Page, message.First, null, page, page.Count == SessionLimits.RangePage).Encode());
                break;
            case RangeStep.Digests when _expected == RangeStep.Digests:
                for (int i = 0; i < RangeMessage.Ranges; i++)
                {
                    if (message.Ids[i] != RangeDigest((byte)i)) _differing.Enqueue((byte)i);
                }

                AskPage();
                break;
            case RangeStep.Page when _expected == RangeStep.Page && message.First == _differing.Peek(): OnPage(message); break;
            default: throw new VaultFormatException("A RANGE came out of turn.");
        }
    }

    private void AskPage()
    {
        _compared = !_differing.TryPeek(out byte first);
        _expected = RangeStep.Page;
        if (!_compared) Put(FrameType.Range, new RangeMessage(RangeStep.AskPage, first, _after, [], false).Encode());
    }

    private void OnPage(RangeMessage page)
    {
        if (page.Ids.Any(a => a.ToArray()[0] != page.First) || (page.Ids.Count > 0 && _after is { } a && page.Ids[0] <= a)) throw new VaultFormatException("A page holds addresses of another range.");
        ObjectAddress? last = page.More ? page.Ids[^1] : null;
        var here = new HashSet<ObjectAddress>();
        for (var from = _after; ;)
        {
            var own = _replica.AddressesInRange(page.First, from, SessionLimits.RangePage);
            here.UnionWith(own.Where(address => last is not { } end || address <= end));
            if (own.Count < SessionLimits.RangePage || (last is { } stop && own[^1] >= stop)) break;
            from = own[^1];
        }

        ObjectAddress[] onlyThere = [.. page.Ids.Where(address => !here.Contains(address))];
        here.ExceptWith(page.Ids);
        if (here.Count + onlyThere.Length > 0) Emit(new RangeCompared(page.First, [.. here.Order()], onlyThere));
        _after = last;
        if (!page.More) _differing.Dequeue();
        AskPage();
    }

    private Id32 RangeDigest(byte first)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Labels.Range);
        Span<byte> bytes = stackalloc byte[Id32.Size];
        ObjectAddress? after = null;
        IReadOnlyList<ObjectAddress> page;
        do
        {
            page = _replica.AddressesInRange(first, after, SessionLimits.RangePage);
            foreach (var address in page)
            {
                address.CopyTo(bytes);
                hash.AppendData(bytes);
                after = address;
            }
        }
        while (page.Count == SessionLimits.RangePage);
        hash.GetHashAndReset(bytes);
        return new(bytes);
    }
}
