using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Pairing;

/// <summary>What a join gave: the vault, this folder's new device, the inviter's name, and the first sync.</summary>
public sealed record JoinResult(VaultId VaultId, DeviceId DeviceId, string Inviter, RoundSummary Sync);

/// <summary>Pairing by link (format-1 §14): one machine invites, the other joins and gets everything it needs over one encrypted session.</summary>
public static class PairingOperations
{
    /// <summary>
    /// Listens and waits until somebody has joined and synced, or the invite expires (InviteExpired), or it is cancelled; each end
    /// revokes it. <paramref name="ready"/> gets the invite's text, which is a secret.
    /// </summary>
    public static async Task<InviteResult> InviteAsync(Vault vault, NodeOptions options, PeerAddress listen, TimeSpan expires, Action<string, DateTimeOffset> ready, CancellationToken cancellationToken = default)
    {
        using var node = new SyncNode(vault, options);
        var socket = options.Transport.Listen(listen);
        var until = vault.Time.GetUtcNow() + expires;
        Span<byte> secret = stackalloc byte[Id16.Size];
        vault.Random.Fill(secret);
        string[] addresses = Addresses(socket.LocalAddress);
        var invite = new Invite(new(secret), vault.Id, vault.Device, addresses, [], until.ToUnixTimeMilliseconds());
        using var inviter = new Inviter(vault, node, invite);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, vault.Flushes.Closed);
        var listening = new Listener(socket, inviter.Options).RunAsync(stop.Token);
        try
        {
            ready(InviteText.Format(invite), until);
            return await inviter.Joined.WaitAsync(expires, vault.Time, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            vault.Flushes.ThrowIfClosed();
            throw;
        }
        catch (TimeoutException)
        {
            throw SyncErrors.InviteExpired.With("Nobody joined in time");
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await listening.ConfigureAwait(false);
        }
    }

    /// <summary>Makes a new replica in an empty folder from an invite's text, then syncs with the inviter for the first time.</summary>
    public static async Task<JoinResult> JoinAsync(
        string inviteText, IVaultStores stores, string deviceName, IReadOnlyList<SlotKey> slots, NodeOptions options, TimeProvider time, IRandomSource random,
        Func<VaultFile, UnlockedVaultFile> unlock, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var invite = InviteText.Parse(inviteText);
        string name = VaultCreation.CheckDeviceName(deviceName);
        VaultCreation.CheckEmpty(stores.Disk);
        if (time.GetUtcNow().ToUnixTimeMilliseconds() >= invite.ExpiresMilliseconds) throw SyncErrors.InviteExpired.With("The invite's time is over");
        using var device = DeviceKeys.Create(random);
        var grant = await Task.Factory.StartNew(() => Ask(invite, name, device, options, time, random, cancellationToken, accepted => Accept(accepted, invite, stores, device, slots, time, random)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        using var vault = VaultCreation.Open(stores, unlock, time, random);
        string inviter = VaultCreation.CheckDeviceName(grant.InviterName);
        string[] addresses = [.. invite.Addresses.Concat(grant.Addresses).Where(a => PeerAddress.TryParse(a, out _)).Distinct(StringComparer.Ordinal)];
        if (addresses.Length > 0) new PeerBook(vault).Add(inviter, addresses);
        using var node = new SyncNode(vault, options);
        var summary = await node.SyncAsync([inviter], new SyncRequest(), progress, cancellationToken).ConfigureAwait(false);
        return new(vault.Id, vault.Device, inviter, summary);
    }

    private static GrantMessage Ask(Invite invite, string name, DeviceKeys device, NodeOptions options, TimeProvider time, IRandomSource random, CancellationToken cancellationToken, Action<GrantMessage> accept)
    {
        using var secret = invite.CreateSecret();
        var certificate = device.Certify(invite.VaultId, DeviceRole.Full);
        var identity = new ChannelIdentity
        {
            Device = device,
            Certificate = _ => certificate,
            Accepts = (remote, _) => remote.Device == invite.Inviter,
            Random = random,
            Clock = time,
        };
        using var connection = Dial(invite, options, cancellationToken);
        SecureChannel channel;
        try
        {
            channel = ChannelHandshake.Initiate(connection, HandshakeKeys.ForInvite(secret), identity, cancellationToken);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.HandshakeRefused)
        {
            // To everybody who does not hold an open invite the inviter is silent, also to one whose invite was open a moment ago.
            throw SyncErrors.InviteUsed.With("The inviter does not know this invite any more", e);
        }

        using (channel)
        {
            using var cancel = cancellationToken.UnsafeRegister(_ => channel.Abort(SyncErrors.Interrupted.With("Joining was ended from here")), null);
            GrantMessage? granted = null;
            JoinChannel.Run(JoinSession.Joiner(name, certificate.Encode()), channel, time, (effect, now) =>
            {
                var grant = ((Granted)effect).Grant;
                try
                {
                    accept(grant);
                    granted = grant;
                    return new GrantStored(now);
                }
                catch (SyncException e)
                {
                    return new GrantRefused(now, e.Kind, e.Detail);
                }
            });
            return granted ?? throw SyncErrors.SessionLost.With("The session ended before the vault was granted");
        }
    }

    // Everything in a grant is checked before the folder is touched: the record against the invite's vault id, every epoch against
    // its secret, every commit's signature, and that the fold has this device in it.
    private static void Accept(GrantMessage grant, Invite invite, IVaultStores stores, DeviceKeys device, IReadOnlyList<SlotKey> slots, TimeProvider time, IRandomSource random)
    {
        var epochs = new List<EpochSecret>();
        try
        {
            foreach (var (epoch, secretBytes) in grant.Epochs)
            {
                var secret = new SecretKey(secretBytes.ToArray());
                epochs.Add(new(epoch, EpochSecretKind.Epoch, secret));
                if (EpochKeys.ComputeId(secret, invite.VaultId) != epoch) throw SyncErrors.ProtocolViolation.With("An epoch's secret does not fit its name");
            }

            using var genesisEpoch = new EpochKeys(epochs[0].Secret, invite.VaultId);
            using var genesis = new GenesisKeys(genesisEpoch);
            var lane = new MembershipLane(invite.VaultId);
            foreach (var bundle in grant.Membership) lane.Add(Checked(bundle, invite.VaultId), OpenBlock(genesis, bundle));
            var fold = lane.Fold;
            if (fold.CurrentEpoch != epochs[0].EpochId && !grant.Epochs.Any(e => e.Epoch == fold.CurrentEpoch)) throw SyncErrors.ProtocolViolation.With("The grant lacks the current epoch");
            if (!fold.IsMember(device.Device)) throw SyncErrors.ProtocolViolation.With("The grant does not add this device");
            if (!fold.IsMember(invite.Inviter)) throw SyncErrors.ProtocolViolation.With("The inviter is not a member of the vault");
            VaultCreation.CreateReplica(stores, invite.VaultId, device, epochs, grant.Membership, slots, time, random);
        }
        catch (VaultFormatException e)
        {
            throw SyncErrors.ProtocolViolation.With("The grant is malformed", e);
        }
        finally
        {
            foreach (var epoch in epochs) epoch.Secret.Dispose();
        }
    }

    private static Commit Checked(CommitBundle bundle, VaultId vault)
    {
        var commit = Commit.Decode(bundle.Record);
        bool fits = commit.Header.Vault == vault && commit.Header.Lane == Lane.Membership && bundle.Blocks.Count == 1
            && BlockIds.Compute(bundle.Blocks[0]) == commit.Header.Blocks[0].Id && commit.Verify(SignatureVerifier.Instance);
        return fits ? commit : throw new VaultFormatException("A membership commit does not fit.");
    }

    private static byte[]? OpenBlock(GenesisKeys genesis, CommitBundle bundle)
    {
        var header = Commit.Decode(bundle.Record).Header;
        try
        {
            return SealedBlocks.Open(genesis.Membership, BlockReader.ContextOf(header, default), bundle.Blocks[0]).Plain;
        }
        catch (VaultFormatException)
        {
            return null;
        }
    }

    private static ITransportConnection Dial(Invite invite, NodeOptions options, CancellationToken cancellationToken)
    {
        SyncException? last = null;
        foreach (string text in invite.Addresses)
        {
            try
            {
                return options.Transport.ConnectAsync(PeerAddress.Parse(text), cancellationToken).AsTask().GetAwaiter().GetResult();
            }
            catch (SyncException e)
            {
                last = e;
            }
        }

        throw last ?? SyncErrors.PeerUnreachable.With("The invite has no address");
    }

    private static string[] Addresses(PeerAddress listening) => Addresses(listening, System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == System.Net.NetworkInformation.OperationalStatus.Up)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address));

    // "Any address" means nothing to the joiner: the machine's own addresses are listed instead, as many as an invite takes.
    internal static string[] Addresses(PeerAddress listening, IEnumerable<System.Net.IPAddress> own)
    {
        if (!System.Net.IPAddress.TryParse(listening.Host, out var ip) || !(ip.Equals(System.Net.IPAddress.Any) || ip.Equals(System.Net.IPAddress.IPv6Any))) return [listening.ToString()];
        return [.. own
            .Where(a => !a.IsIPv6LinkLocal && (ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 || a.AddressFamily == ip.AddressFamily))
            .OrderBy(System.Net.IPAddress.IsLoopback)
            .Take(InviteText.MaxAddresses)
            .Select(a => (a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{a}]" : a.ToString()) + ":" + listening.Port.ToString(System.Globalization.CultureInfo.InvariantCulture))];
    }
}
