using System.Reflection;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>Format-1 §0: what must not be offered to anybody.</summary>
public sealed class PublicSurfaceTests
{
    [Fact]
    public void No_public_member_takes_a_nonce()
    {
        var members = new[] { typeof(SyncException).Assembly, typeof(Id32).Assembly, typeof(SecretKey).Assembly }
            .SelectMany(a => a.GetExportedTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Cast<MethodBase>().Concat(t.GetConstructors()))
            .ToList();
        Assert.True(members.Count > 1000);

        // A ping's nonce is an echo, not a cipher's.
        var offenders = members.Where(m => m.DeclaringType!.Namespace != "SyncModule.Core.Protocol" && m.GetParameters().Any(p => p.Name!.Contains("nonce", StringComparison.OrdinalIgnoreCase))).ToList();
        Assert.Empty(offenders);
    }

    [Fact]
    public void No_secret_has_a_text_form()
    {
        using var key = new SecretKey(SystemRandomSource.Instance);
        string hex = Convert.ToHexStringLower(key.Span);
        Assert.DoesNotContain(hex[..8], key.ToString(), StringComparison.OrdinalIgnoreCase);
        var reference = new ObjectReference(default, new Id32(key.Span), ObjectKind.Chunk, 5);
        Assert.DoesNotContain(hex[..8], reference.ToString(), StringComparison.OrdinalIgnoreCase);
    }
}
