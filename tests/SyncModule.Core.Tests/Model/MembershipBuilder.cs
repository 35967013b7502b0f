using System.Security.Cryptography;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;

namespace SyncModule.Core.Tests.Model;

/// <summary>Makes membership commits of made-up devices. A "signature" is a hash that anybody can compute: the fold only asks whether it fits.</summary>
internal sealed class MembershipBuilder : ISignatureVerifier
{
    public static readonly Id32 LowOrderKey = default;

    private readonly Dictionary<DeviceId, (LogId Log, ulong Sequence, CommitId Tip)> _logs = [];

    public MembershipBuilder(MembershipPolicy policy = MembershipPolicy.EveryFullMember)
    {
        Record = new(new Id32([.. Enumerable.Repeat((byte)9, 32)]), Device(0), X(0), policy);
        Vault = Record.ComputeVaultId();
        Genesis = Commit(0, [], new MembershipOperation.Genesis(Record, Certificate(0, DeviceRole.Administrator), "founder", Epoch));
    }

    public static EpochId Epoch { get; } = new([.. Enumerable.Repeat((byte)0xE0, 32)]);

    public GenesisRecord Record { get; }

    public VaultId Vault { get; }

    public MembershipCommit Genesis { get; }

    public static DeviceId Device(int number) => new(SHA256.HashData([1, (byte)number]));

    public static Id32 X(int number) => new(SHA256.HashData([2, (byte)number]));

    public DeviceCertificate Certificate(int device, DeviceRole role = DeviceRole.Full, VaultId? vault = null)
    {
        var unsigned = new DeviceCertificate(vault ?? Vault, Device(device), X(device), role, new byte[64]);
        return Sign(unsigned);
    }

    public static DeviceCertificate Sign(DeviceCertificate unsigned) => new(unsigned.VaultId, unsigned.Device, unsigned.ExchangeKey, unsigned.Role, SignatureOf(unsigned.Device, DeviceCertificate.SignedMessage(unsigned.VaultId, unsigned.Device, unsigned.ExchangeKey, unsigned.Role)));

    public MembershipOperation Add(int device, DeviceRole role = DeviceRole.Full, string? name = null) => new MembershipOperation.Add(Certificate(device, role), name ?? "device " + device);

    /// <summary>The author's next commit in its log, over these parents.</summary>
    public MembershipCommit Commit(int author, IEnumerable<MembershipCommit> parents, params MembershipOperation[] operations) => Commit(author, parents, CommitFlags.None, operations);

    public MembershipCommit Commit(int author, IEnumerable<MembershipCommit> parents, CommitFlags flags, params MembershipOperation[] operations)
    {
        var device = Device(author);
        var (log, sequence, tip) = _logs.GetValueOrDefault(device, (new LogId(device.ToArray()[..16]), 0, default));
        var header = new CommitHeader(
            Vault, Lane.Membership, device, log, sequence + 1, tip, [], [.. parents.Select(p => p.Id).Order()], new(1000), flags, [new(default, new(SHA256.HashData(BitConverter.GetBytes(sequence))), 300)]);
        // The operations enter the id through their block's id; here the number of commits made so far stands for it.
        var id = new CommitId(SHA256.HashData([.. header.Encode(), (byte)_logs.Count, .. BitConverter.GetBytes(Made++)]));
        _logs[device] = (log, sequence + 1, id);
        return new(id, header, operations);
    }

    public int Made { get; private set; }

    public MembershipFold Fold(params IEnumerable<MembershipCommit> commits) => MembershipFold.Compute(Vault, commits, this, x => x == LowOrderKey);

    public bool Verify(DeviceId device, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => signature.SequenceEqual(SignatureOf(device, message.ToArray()));

    private static byte[] SignatureOf(DeviceId device, byte[] message) => SHA512.HashData([.. device.ToArray(), .. message]);
}

internal static class CertificateExtensions
{
    /// <summary>A copy with some fields changed and the old signature kept, unless one is given.</summary>
    public static DeviceCertificate With(
        this DeviceCertificate certificate, VaultId? vault = null, DeviceId? device = null, Id32? exchangeKey = null, DeviceRole? role = null, byte[]? signature = null) =>
        new(vault ?? certificate.VaultId, device ?? certificate.Device, exchangeKey ?? certificate.ExchangeKey, role ?? certificate.Role, signature ?? certificate.Signature.ToArray());
}
