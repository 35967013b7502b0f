using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Pairing;

/// <summary>Who joined.</summary>
public sealed record InviteResult(DeviceId Device, string Name);

/// <summary>
/// One open invite (format-1 §14): a fresh secret that binds to the first joiner's keys; the add is durable before any secret is sent;
/// unused at its end it is worth nothing, because nothing but this process knows it.
/// </summary>
internal sealed class Inviter : IDisposable
{
    private readonly Vault _vault;
    private readonly SyncNode _node;
    private readonly Invite _invite;
    private readonly InviteSecret _secret;
    private readonly string[] _addresses;
    private readonly object _gate = new();
    private readonly TaskCompletionSource<InviteResult> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DeviceId? _bound;
    private string _name = "";

    public Inviter(Vault vault, SyncNode node, Invite invite)
    {
        _vault = vault;
        _node = node;
        _invite = invite;
        _secret = invite.CreateSecret();
        _addresses = [.. invite.Addresses];
    }

    /// <summary>Completes when the joiner's first sync has ended.</summary>
    public Task<InviteResult> Joined => _joined.Task;

    /// <summary>Member sessions as ever, and joiners as long as the invite is open.</summary>
    public ListenerOptions Options => _node.ListenerOptionsFor(null) with
    {
        Identity = _node.Identity(null),
        Candidates = () => IsOpen ? [HandshakeKeys.ForInvite(_secret), .. _node.Candidates()] : _node.Candidates(),
        OnInvite = OnInvite,
        OnMember = OnMember,
    };

    private bool IsOpen => _vault.Time.GetUtcNow().ToUnixTimeMilliseconds() < _invite.ExpiresMilliseconds && !_joined.Task.IsCompleted;

    public void Dispose() => _secret.Dispose();

    private void OnInvite(SecureChannel channel, CancellationToken cancellationToken)
    {
        using var cancel = cancellationToken.UnsafeRegister(_ => channel.Abort(SyncErrors.Interrupted.With("The invite was revoked")), null);
        try
        {
            JoinChannel.Run(JoinSession.Inviter(), channel, _vault.Time, (effect, now) => Decide((AddMember)effect, channel, now));
        }
        catch (SyncException)
        {
            // A joiner that was cut off may come again with the same keys; a stranger was told why.
        }
    }

    private SessionEvent Decide(AddMember join, SecureChannel channel, long now)
    {
        DeviceCertificate certificate;
        try
        {
            certificate = DeviceCertificate.Decode(join.Certificate);
        }
        catch (Core.Encoding.VaultFormatException)
        {
            return new MemberRefused(now, SyncErrors.ProtocolViolation, "the certificate cannot be read");
        }

        // The keys that completed msg3 are the ones that are added, whatever the frame says.
        bool fits = certificate.Device == channel.Remote.Device && certificate.ExchangeKey == channel.Remote.ExchangeKey && certificate.VaultId == _vault.Id && certificate.Role == DeviceRole.Full && certificate.HasValidSignature(SignatureVerifier.Instance);
        if (!fits || DeviceKeys.IsLowOrder(certificate.ExchangeKey)) return new MemberRefused(now, SyncErrors.ProtocolViolation, "the certificate is not that of the connected device");
        lock (_gate)
        {
            if (!IsOpen) return new MemberRefused(now, SyncErrors.InviteExpired, "the invite has expired");
            if (_bound is { } bound && bound != certificate.Device) return new MemberRefused(now, SyncErrors.InviteUsed, "another device has used the invite");
            try
            {
                _name = VaultCreation.CheckDeviceName(join.Name);
                _vault.AddMember(certificate, _name);
            }
            catch (SyncException e)
            {
                return new MemberRefused(now, e.Kind, e.Detail);
            }

            _bound = certificate.Device;
            return new MemberAdded(now, _vault.Grant(_addresses));
        }
    }

    private void OnMember(SecureChannel channel, CancellationToken cancellationToken)
    {
        var device = channel.Remote.Device;
        var session = new MemberSession(_vault, new(Push: true, Pull: true, Follow: false, Transport: _node.TransportName), null);
        var outcome = session.Run(channel, cancellationToken);
        bool bound;
        lock (_gate) bound = _bound == device;
        if (bound && outcome.Result is SessionResult.UpToDate or SessionResult.Synced or SessionResult.Partial) _joined.TrySetResult(new(device, _name));
    }
}
